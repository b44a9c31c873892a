"""Finding the question in what was written, and what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.ask.conversation import MAX_QUESTION
from qa.ask.understand import Intent, understand

Within = Callable[[float], AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Hi, could you please tell me: what does the day pass cost? Thanks!", "what does the day pass cost?"),
        ("Hello! What does the day pass cost?", "What does the day pass cost?"),
        ("hello what does the day pass cost", "what does the day pass cost"),
        ("Dear Dr. Berg, who keeps the key?", "who keeps the key?"),
        ("Can you tell me where the key is kept?", "where the key is kept?"),
        ("I was wondering whether dogs are allowed on board, please.", "whether dogs are allowed on board"),
        ("I have a question: how long is the warranty?", "how long is the warranty?"),
        ("Hey there! Quick question: how do I reset the pump?", "how do I reset the pump?"),
        ("Sorry to bother you, but I need to know: when is it closed?", "when is it closed?"),
        ("Does anyone know if the museum opens on Mondays?", "if the museum opens on Mondays?"),
        ("I don't know how to reset the pump, can you help?", "how to reset the pump?"),
        (
            "What does it cost, if possible with the discount, please?",
            "What does it cost, if possible with the discount?",
        ),
        ("what does the ferry cost please", "what does the ferry cost"),
        ("How are you? I hope you are well. Who is the captain? Best, Anna", "Who is the captain?"),
        ("Who is the captain? Thanks in advance 🙂", "Who is the captain?"),
        ('"What does the pass cost?"', "What does the pass cost?"),
        ("Please list the members of the board.", "list the members of the board."),
        ("Could you please explain how the lock works?", "explain how the lock works?"),
        ("I bought a ticket yesterday. We had a nice lunch. How long is the crossing?", "How long is the crossing?"),
        ("thank you for your help. which ferry is the fastest?", "which ferry is the fastest?"),
        ("Здравствуйте! Подскажите, пожалуйста, сколько стоит абонемент? Спасибо", "сколько стоит абонемент?"),
        ("Guten Tag, können Sie mir bitte sagen, was die Karte kostet? Vielen Dank", "was die Karte kostet?"),
        ("Bonjour, pourriez-vous me dire combien coûte le billet ? Merci", "combien coûte le billet ?"),
        ("Hola, ¿podría decirme cuánto cuesta el billete? Gracias", "cuánto cuesta el billete?"),
        ("Buongiorno, vorrei sapere quanto costa il biglietto. Grazie", "quanto costa il biglietto."),
        ("Olá, gostaria de saber quanto custa o bilhete. Obrigada", "quanto custa o bilhete."),
    ],
)
def test_polite_words_are_cut(text: str, question: str) -> None:
    understood = understand(text)
    assert (understood.question, understood.intent) == (question, Intent.QUESTION)


@pytest.mark.parametrize(
    "text",
    [
        "Could the pump run dry?",
        "Can you pay by card?",
        "Can you check in online?",
        "Do you know the way to San Jose?",
        "Who wrote Thanks for the Memory?",
        "Who sang Please Please Me?",
        "What is the magic word please?",
        "Who deserves thanks?",
        "Hello Kitty was created by whom?",
        "May I bring a dog?",
        "What did May say to Will?",
        "Will Smith was born when?",
        "Who is the CEO of Yahoo! Inc.?",
        "What did Dr. Smith tell the U.S. Senate on Jan. 15?",
        "When is op. 21 no. 2 played?",
        'My boss asked "what does the pass cost?" yesterday.',
        "which of these are not covered?",
        "Which dogs may never travel without a lead?",
        "What does clause 4.2 say?",
        "When is the resistance\n> 5 ohm?",
        "Which country colonised it? Chile or Argentina?",
        "The pump leaks. It is old.",
        "日本で梅雨がないのはどこですか。北海道です。",
    ],
)
def test_a_plain_question_stays_as_it_is(text: str) -> None:
    understood = understand(text)
    assert (understood.question, understood.intent) == (text, Intent.QUESTION)
    assert [each.question for each in understood.parts] == [text]


MAIL = """Hi Tom,

thanks for your last mail.
How long is the
crossing to Bracken?

Kind regards,
Anna Berg
Harbour Office

On Mon, 3 May 2021 at 10:12, Tom Smith wrote:
> Hi Anna,
> when does the ferry leave?
> Tom"""


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (MAIL, "How long is the crossing to Bracken?"),
        ("> Hi Anna,\n> when does the ferry leave?\n> Tom", "when does the ferry leave?"),
        ("See below.\n\n> when does the ferry leave?", "when does the ferry leave?"),
        ("When does the ferry leave?\n\n--\nAnna\nHarbour Office", "When does the ferry leave?"),
        ("When does the ferry leave?\nThanks,\nAnna", "When does the ferry leave?"),
        ("When does the ferry leave?\nAnna\n\nSent from my phone", "When does the ferry leave?"),
        ("From: Anna\nSent: Monday\nTo: Tom\nSubject: Ferry\n\nWhen does it leave?", "When does it leave?"),
    ],
)
def test_mail_is_taken_apart(text: str, question: str) -> None:
    assert understand(text).question == question


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("My pump is the K-200. What pressure does it take?", "My pump is the K-200."),
        ("What pressure does it take? My pump is the K-200.", "My pump is the K-200."),
        ("We bought a pump last year. Which oil does the pump need in winter?", "We bought a pump last year."),
        ("The display shows E-1042. Which valve has to be opened in winter?", "The display shows E-1042."),
        ("Britain sent troops to Portugal. What was the result?", "Britain sent troops to Portugal."),
        ("We had a nice lunch. Which valve has to be opened in winter?", None),
        ("From: A\nSubject: The old pump\n\nWhat does it weigh?", "The old pump"),
    ],
)
def test_what_the_question_refers_to_is_its_context(text: str, context: str | None) -> None:
    understood = understand(text)
    assert understood.context == context
    assert understood.whole.context == context


def test_a_question_that_says_nothing_alone_is_left_with_its_story() -> None:
    text = "Our unit shows E-1042 and stops. What should we do?"
    assert understand(text).question == text
    assert understand(f"Hi! {text} Thanks!").question == text


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Hello", Intent.GREETING),
        ("hi there!", Intent.GREETING),
        ("Hi, how are you?", Intent.GREETING),
        ("Привет", Intent.GREETING),
        ("Guten Morgen!", Intent.GREETING),
        ("thanks a lot!", Intent.THANKS),
        ("Great, thank you 👍", Intent.THANKS),
        ("ok", Intent.THANKS),
        ("спасибо", Intent.THANKS),
        ("merci beaucoup", Intent.THANKS),
        ("help", Intent.HELP),
        ("What can you do?", Intent.HELP),
        ("can you help me?", Intent.HELP),
        ("Что ты умеешь?", Intent.HELP),
        ("translate this into German", Intent.INSTRUCTION),
        ("Can you write me a poem about pumps?", Intent.INSTRUCTION),
        ("tell me a joke", Intent.INSTRUCTION),
        ("Переведи это на русский", Intent.INSTRUCTION),
    ],
)
def test_small_talk_is_told_from_questions(text: str, intent: Intent) -> None:
    assert understand(text).intent is intent
    assert intent.is_small_talk


@pytest.mark.parametrize(
    "text",
    [
        "Hello, what does the pass cost?",
        "Thanks, and how long is it valid?",
        "How do you translate the menu on the display?",
        "What help is there for visitors?",
        "Who translated this into German?",
        "Write-offs: when are they booked?",
        "What does the greeting Hello mean?",
    ],
)
def test_a_question_with_such_words_is_a_question(text: str) -> None:
    assert understand(text).intent is Intent.QUESTION


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("warranty period pump", "warranty period pump"),
        ("E-1042", "E-1042"),
        ("hi, opening hours museum, thanks", "opening hours museum"),
        ("Tell me about refunds", "refunds"),
        ("I'd like to know more about the refund policy.", "the refund policy."),
        ("What can you tell me about refunds?", "refunds?"),
        ("гарантия на насос", "гарантия на насос"),
    ],
)
def test_keywords_are_told_from_questions(text: str, words: str) -> None:
    understood = understand(text)
    assert (understood.intent, understood.question) == (Intent.KEYWORDS, words)


@pytest.mark.parametrize(
    "text",
    [
        "warranty period pump?",
        "how long warranty pump",
        "pump that has no valve",
        "list the valves",
        "The pump has a warranty.",
        "the capital of France is",
        "two words more than there are allowed in such a set of keywords",
        "冷却水 交換",
    ],
)
def test_what_may_be_a_question_is_one(text: str) -> None:
    assert understand(text).intent is Intent.QUESTION


TEXT = "hi Anna please thanks what is the fee and or vs. K-200 could you tell me it Best Mr."
WORDS = st.sampled_from([*TEXT.split(), *'?!.,"(“>', "\n", "--"])


@given(st.lists(WORDS, min_size=1, max_size=40).map(" ".join))
def test_words_are_only_cut(text: str) -> None:
    """Whatever is cut, no word is added, and something is left to search for."""
    understood = understand(text)
    written = re.findall(r"\w+", text)
    assert understood.parts
    for part in understood.parts:
        assert set(re.findall(r"\w+", f"{part.question} {part.context or ''}")) <= set(written)
        assert re.findall(r"\w+", part.question) or not written


HOSTILE = [
    "hi ", "a? ", "> ", "(", "“", '"', "thanks, ", "and when is it ", "x or y, ", "Mr. ", "a ", "\n", "what vs ",
    "i hope ",
    "on a wrote:\n", "is a or b ", "a,", "please ", "difference between a and b ", "so ", "could you please ", "!",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_takes_no_time(unit: str, within: Within) -> None:
    with within(0.5):
        understand("is it " + (unit * MAX_QUESTION)[: MAX_QUESTION - 13] + " cheaper")
        understand((unit * MAX_QUESTION)[:MAX_QUESTION])
