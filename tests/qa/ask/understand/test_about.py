"""Questions about documents are told from questions about what they say."""

from __future__ import annotations

import time

import pytest

from qa.ask.understand.about import AsksAbout, Aspect, about

ABOUT = {
    "Who wrote the 2021 report?": (Aspect.AUTHOR, "the 2021 report"),
    "who's the author of this document": (Aspect.AUTHOR, "this document"),
    "Could you tell me who wrote report_2021.pdf?": (Aspect.AUTHOR, "report_2021.pdf"),
    "Кто автор отчёта?": (Aspect.AUTHOR, "отчёта"),
    "Qui a écrit le rapport ?": (Aspect.AUTHOR, "le rapport"),
    "¿Quién escribió el informe?": (Aspect.AUTHOR, "el informe"),
    "Wer hat den Bericht geschrieben?": (Aspect.AUTHOR, "den bericht"),
    "When was the lease last updated?": (Aspect.DATE, "the lease"),
    "How old is the report?": (Aspect.DATE, "the report"),
    "What version of the policy is this?": (Aspect.VERSION, "the policy"),
    "How many pages does the report have?": (Aspect.PAGES, "the report"),
    "How long is the document?": (Aspect.LENGTH, "the document"),
    "What is the title of this document?": (Aspect.TITLE, "this document"),
    "What documents do you have?": (Aspect.LIST, "documents"),
    "Which policies do you have?": (Aspect.LIST, "policies"),
    "Welche Dokumente gibt es?": (Aspect.LIST, "dokumente"),
    "Какие документы у тебя есть?": (Aspect.LIST, "документы"),
    "How many documents are there?": (Aspect.COUNT, "documents"),
    "Which is the newest policy?": (Aspect.NEWEST, "policy"),
    "What is this about?": (Aspect.SUMMARY, "this"),
    "tl;dr": (Aspect.SUMMARY, ""),
    "Summarise the 2023 report, please.": (Aspect.SUMMARY, "the 2023 report"),
    "main points": (Aspect.SUMMARY, ""),
    "О чём этот документ?": (Aspect.SUMMARY, "документ"),
    "Worum geht es in diesem Dokument?": (Aspect.SUMMARY, "diesem dokument"),
    "De quoi parle ce document ?": (Aspect.SUMMARY, "ce document"),
    "¿De qué trata este documento?": (Aspect.SUMMARY, "este documento"),
}
ORDINARY = [
    "Who wrote Hamlet?",
    "Who wrote the constitution?",
    "How long is the lease?",  # its term
    "When was the contract signed?",
    "What does the policy say about leave?",
    "How many pages per minute does the printer print?",
    "What is it?",
    "What are the instructions?",
    "What is the summary judgment?",
    "How many studies are there?",
    "What is the report about the fire about to say?",
]


@pytest.mark.parametrize("question", ABOUT)
def test_a_question_about_documents_is_recognised(question: str) -> None:
    assert about(question) == AsksAbout(*ABOUT[question])


@pytest.mark.parametrize("question", ORDINARY)
def test_a_question_about_something_else_is_not(question: str) -> None:
    assert about(question) is None


def test_a_hostile_question_takes_no_time() -> None:
    started = time.perf_counter()
    for question in (
        "who wrote the " + "report of " * 14,
        "summary of the " + "a-" * 70,
        "report " * 280,
        "what is this " * 12,
    ):
        about(question)
    assert time.perf_counter() - started < 0.5
