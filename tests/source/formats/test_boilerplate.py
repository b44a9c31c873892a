from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from source import scan
from source.document import Document
from source.formats.plain import read_plain

HEADLINE = "Prospects for cooperation between Russia and Central Asia – a new defense order.strategy"


def regions(document: Document) -> list[tuple[str, str]]:
    return [(each.kind.value, document.text[each.span.start : each.span.end]) for each in document.regions]


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def test_the_shipped_article_has_exactly_these_regions() -> None:
    (document,) = scan().documents()
    text = document.text
    script = text[text.index("(function(d, s, id) {") : text.index("facebook-jssdk’));") + len("facebook-jssdk’));")]
    assert regions(document) == [
        ("heading", HEADLINE),
        ("attribution", "Source Valdai Discussion Club"),
        ("script", script),
        ("repetition", HEADLINE),
        ("navigation", "Back to top button"),
    ]
    assert quotable(document)[-1] == "Source Valdai Discussion Club"
    assert document.title == HEADLINE
    assert not any(word in quote for quote in quotable(document) for word in ("function", "jssdk", "Back to top"))


ENGLISH = """Storm closes the northern harbour

Skip to main content
We use cookies to improve your experience. By clicking you agree.
Share this on Facebook
Tweet

A storm closed the northern harbour on Monday, the port authority said. Eleven ships wait outside.

Advertisement

window.dataLayer = window.dataLayer || [];
function gtag(){dataLayer.push(arguments);}
gtag('js', new Date());

The harbour master expects to open it again on Thursday.

Storm closes the northern harbour
Photo: Anna Lind / Port Authority

You may also like
Read more
Copyright © 2023 The Harbour Times. All rights reserved.
"""
RUSSIAN = """Шторм закрыл северную гавань

Меню
Войти
Поделиться в соцсетях

Шторм закрыл северную гавань в понедельник, сообщили власти порта. Одиннадцать судов ждут снаружи.

$('.share').on('click', function () { window.open(this.href); });
$('#menu').toggle(document.getElementById('nav').innerHTML);

ШТОРМ ЗАКРЫЛ СЕВЕРНУЮ ГАВАНЬ

Капитан порта ждёт открытия в четверг.

Источник: Вестник гавани

Читать также
Комментарии 12
Наверх
"""
GERMAN = """Sturm schließt den Nordhafen

Zum Inhalt springen
» Teilen
Anmelden

Ein Sturm hat am Montag den Nordhafen geschlossen, teilte die Behörde mit. Elf Schiffe warten draußen.

<script>
document.write('<img src="x">');
if (window.adsbygoogle) { adsbygoogle.push({}); }
</script>

Werbung

Der Hafenmeister rechnet am Donnerstag mit der Öffnung.

Quelle: Hafenblatt

Mehr lesen
Nach oben
"""
CHINESE = """北部港口因风暴关闭

登录
分享到微信

港务局表示，周一的风暴关闭了北部港口。十一艘船在外面等候。

document.getElementById('top').addEventListener('click', function () { window.scrollTo(0, 0); });

港长预计周四重新开放。

来源：港口日报

返回顶部
"""


def test_an_english_page() -> None:
    document = read_plain(ENGLISH, id="x")
    script = ENGLISH[ENGLISH.index("window.dataLayer") : ENGLISH.index("new Date());") + len("new Date());")]
    assert regions(document) == [
        ("heading", "Storm closes the northern harbour"),
        ("navigation", "Skip to main content"),
        ("navigation", "We use cookies to improve your experience. By clicking you agree."),
        ("navigation", "Share this on Facebook"),
        ("navigation", "Tweet"),
        ("navigation", "Advertisement"),
        ("script", script),
        ("repetition", "Storm closes the northern harbour"),
        ("navigation", "You may also like"),
        ("navigation", "Read more"),
        ("navigation", "Copyright © 2023 The Harbour Times. All rights reserved."),
    ]
    assert quotable(document) == [
        "A storm closed the northern harbour on Monday, the port authority said. Eleven ships wait outside.",
        "The harbour master expects to open it again on Thursday.",
        "Photo: Anna Lind / Port Authority",
    ]


def test_a_russian_page() -> None:
    document = read_plain(RUSSIAN, id="x")
    script = RUSSIAN[RUSSIAN.index("$('.share')") : RUSSIAN.index("innerHTML);") + len("innerHTML);")]
    assert regions(document) == [
        ("heading", "Шторм закрыл северную гавань"),
        ("navigation", "Меню"),
        ("navigation", "Войти"),
        ("navigation", "Поделиться в соцсетях"),
        ("script", script),
        ("repetition", "ШТОРМ ЗАКРЫЛ СЕВЕРНУЮ ГАВАНЬ"),
        ("attribution", "Источник: Вестник гавани"),
        ("navigation", "Читать также"),
        ("navigation", "Комментарии 12"),
        ("navigation", "Наверх"),
    ]
    assert quotable(document) == [
        "Шторм закрыл северную гавань в понедельник, сообщили власти порта. Одиннадцать судов ждут снаружи.",
        "Капитан порта ждёт открытия в четверг.",
        "Источник: Вестник гавани",
    ]


def test_a_german_page() -> None:
    document = read_plain(GERMAN, id="x")
    script = GERMAN[GERMAN.index("<script>") : GERMAN.index("</script>") + len("</script>")]
    assert regions(document) == [
        ("heading", "Sturm schließt den Nordhafen"),
        ("navigation", "Zum Inhalt springen"),
        ("navigation", "» Teilen"),
        ("navigation", "Anmelden"),
        ("script", script),
        ("navigation", "Werbung"),
        ("attribution", "Quelle: Hafenblatt"),
        ("navigation", "Mehr lesen"),
        ("navigation", "Nach oben"),
    ]
    assert quotable(document) == [
        "Ein Sturm hat am Montag den Nordhafen geschlossen, teilte die Behörde mit. Elf Schiffe warten draußen.",
        "Der Hafenmeister rechnet am Donnerstag mit der Öffnung.",
        "Quelle: Hafenblatt",
    ]


def test_a_chinese_page() -> None:
    document = read_plain(CHINESE, id="x")
    script = next(line for line in CHINESE.split("\n") if line.startswith("document."))
    assert regions(document) == [
        ("heading", "北部港口因风暴关闭"),
        ("navigation", "登录"),
        ("navigation", "分享到微信"),
        ("script", script),
        ("attribution", "来源：港口日报"),
        ("navigation", "返回顶部"),
    ]
    assert quotable(document) == [
        "港务局表示，周一的风暴关闭了北部港口。十一艘船在外面等候。",
        "港长预计周四重新开放。",
        "来源：港口日报",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The menu was short; the search went on. They shared a meal (two, in fact) and went home; it rained.",
        "In C, a statement ends with a semicolon; a block stands in braces {like this}; and main() is called first.\n"
        "for example, printf(\"hi\"); prints a word;\nint x = 5; declares a number;\nreturn x; ends a function;",
        "They brought:\n  1. nails;\n  2. hammers (two);\n  3. a saw [new];\n  4. glue;",
        "We had looked for days at the river before anybody found the\nsource code of the machine\n"
        "under the floor, where it had lain since the\nsource was closed.",
        "There are things that we should all\nlike to know when\nthe ship comes home, and who will\nshare with us\n"
        "what it brings.",
        "Share prices fell on Monday.\nPrint runs were cut.\nSave the whales, they said.\nFollow the river.",
        "Sources of the Nile were long unknown, and many looked for them in vain, year after year.\nHe found one.",
        "We use cookery books from the library. By using this, our site manager knew the way.",
        "The document. A window. Both are open; the function (as it was called) began (late) and ended (early);",
    ],
)  # fmt: skip
def test_prose_is_not_marked(text: str) -> None:
    for whole in (text, text.replace("\n", "\r\n"), f"A headline of its own\n\n{text}"):
        marked = [each for each in regions(read_plain(whole, id="x")) if each[0] != "heading"]
        assert marked == []


def test_a_button_in_the_middle_of_prose_is_prose() -> None:
    text = "He pressed the button that said Read more\nand nothing happened at all, for a very long time indeed."
    assert quotable(read_plain(text, id="x")) == [text]


def test_hostile_scripts_are_found_in_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    for unit in ("function f(){return document.x;}\n", "$('a');" * 300 + "\n", "}{", "@media x{a:b;}\n", "if(window."):
        text = unit * (200_000 // len(unit))
        with within(5):
            assert read_plain(text, id="x").text == text
