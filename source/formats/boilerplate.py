"""Finds the remains of a web page in plain text: scripts, buttons, banners, the repeated headline.

The rules look at the shape of lines and at phrases that many pages share, never at
the words of a single page. They mark lines and delete nothing. A marked line never
appears in an answer, so each rule needs strong evidence and lets doubtful lines pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from source.document import Region, RegionKind
from source.spans import Span, trim

_LONGEST_BUTTON = 80  # characters; longer lines are prose even if they begin like a button

# Names that occur only in browser scripts and page markup.
_BROWSER = re.compile(
    r"document\.(?=\w)|window\.(?=\w)|getElement|createElement|addEventListener|insertBefore|appendChild"
    r"|jQuery|\$\(['\"#.‘“]|googletag|adsbygoogle|dataLayer|gtag\(|fbq\(|_gaq|fjs\b|jssdk"
    r"|innerHTML|localStorage|\bfunction\s{0,3}\w{0,60}\s{0,3}\(|@media\b|!important|</?(?:script|style|noscript)\b",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"[;{}]\s*$|^\s*[})\]]|\b(?:var|let|const)\s+\w+\s*=|=>|\b(?:if|for|while)\s*\(|\breturn\b.*;"
    r"|^\s*[.#@]?[\w-]+(?:[\s,>.#:][\w-]+)*\s*\{|^\s*[\w-]+\s*:\s*[^;]+;\s*$|\w\.\w+\(|</?\w+[^>]*>"
)
_CODE_PUNCTUATION = frozenset("(){}[];=<>")
_CODE_END = re.compile(r"[;{})\]>](?=[^;{}()\[\]<>=]*$)")

_BUTTON = re.compile(
    r"""(?:
    (?:back|return|go|scroll|jump)\ (?:to\ )?(?:the\ )?top(?:\ of\ (?:the\ )?page)?(?:\ button)?
    | skip\ to\ (?:main\ )?(?:content|navigation)(?:\ .*)?
    | (?:toggle|open|close|show|hide)\ (?:the\ )?(?:menu|navigation|sidebar|search|table\ of\ contents
        |limited\ content\ width|comments)
    | (?:share|tweet|pin|email|print|save|like|follow)(?:\ (?:this|it|us|me|article|page|post|story|now))*
        (?:\ (?:on|via|by|with|to)\ [\w\ ,&./+-]{1,30})?
    | (?:click|tap)\ here(?:\ to\ .*)?
    | (?:read|learn|see|show|view|load)\ (?:more|less|all|next)(?:\ .{0,30})?
    | (?:continue|keep)\ reading(?:\ .{0,30})?
    | (?:sign|log)\ (?:in|up|out)(?:\ (?:to|for|with)\ .*)?
    | (?:subscribe|register)(?:\ (?:now|today|here|to\ .*|for\ .*))?
    | (?:leave|post|add|write)\ (?:a\ )?(?:comment|reply)(?:\ .*)?
    | (?:related|recommended|popular|recent|trending|latest|more)\ (?:articles?|posts?|news|stories|topics|reading)
    | you\ (?:may|might)\ also\ (?:like|enjoy|be\ interested\ in)
    | (?:previous|next|older|newer)\ (?:article|post|page|story|entries)
    | (?:advertisements?|sponsored(?:\ content)?|loading|menu|search|close|home\ ?page|permalink|copy\ link)
    | (?:accept|reject|allow|manage)\ (?:all\ )?(?:cookies?|preferences|settings)
    | (?:privacy|cookie)\ (?:policy|settings|notice)(?:\ .{0,40})? | terms\ (?:of\ (?:use|service)|and\ conditions)
    | all\ rights\ reserved
    | наверх | вернуться\ (?:наверх|к\ началу)(?:\ .*)? | поделиться(?:\ .{0,30})?
    | читать\ (?:далее|также|ещё|еще)(?:\ .{0,30})?
    | подписаться(?:\ .{0,30})? | комментари(?:и|ев)(?:\ \d+)? | реклама | войти | меню
    | nach\ oben | teilen | mehr\ (?:lesen|erfahren) | weiterlesen | anmelden | werbung | zum\ inhalt\ springen
    | retour\ en\ haut | partager | lire\ la\ suite | publicité | se\ connecter | aller\ au\ contenu
    | volver\ arriba | compartir | leer\ más | publicidad | iniciar\ sesión | ir\ al\ contenido
    | 返回顶部 | 回到顶部 | 分享(?:到.{1,6})? | 阅读更多 | 阅读全文 | 登录 | 注册 | 广告
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BANNER = re.compile(
    r"(?:we|this (?:web)?site|our (?:web)?site|our partners)(?: and our partners)? uses? cookies\b"
    r"|by (?:continuing to (?:use|browse)|using) (?:this|our) (?:web)?site,? you (?:agree|accept|consent)"
    r"|please (?:enable|turn on) (?:javascript|cookies)|your browser does not support"
    r"|(?:copyright|(?:copyright\s*)?(?:©|\(c\)))\s*\d{4}.*all rights reserved",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"(?:original )?(?:source|via|photo|image|picture|credit|byline|written by|translated by|"
    r"источник|фото|автор|quelle|foto|fuente|autor|fonte|source de|来源|作者|图片来源)s?(?:\s*+[:：–—-]|\s)\s*+\S",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?;,…。！？；，][\"'”’»)\]]*$")
_FRINGE = " \t\u00a0\u200b|·•▲▼▶◀►◄↑↓→←›‹»«>+×✕…-–—:*[]()"
_LINE = re.compile(r"[^\r\n]+")


def find_boilerplate(text: str, blocks: Collection[Span], title: Span | None) -> list[Region]:
    """The regions of `text` that are remains of a web page, in order.

    `blocks`: the spans between blank lines. `title`: the span of the headline, if there
    is one; lines that repeat it, or ends of script lines that do, are marked too.
    """
    headline = _fold(text[title.start : title.end]) if title else ""
    scripts = _scripts(text)
    regions = [Region(span, RegionKind.SCRIPT) for span in scripts]
    blocks = frozenset(blocks)
    for line in _lines_outside(text, scripts):
        if title and line.overlaps(title):
            continue
        kind = _classify(text[line.start : line.end], headline, line in blocks)
        if kind:
            regions.append(Region(line, kind))
    return sorted(regions, key=lambda region: region.span)


def _fold(line: str) -> str:
    return " ".join(line.casefold().split())


def _classify(line: str, headline: str, alone: bool) -> RegionKind | None:
    """The kind of boilerplate that a line is; None for prose."""
    if headline and _fold(line) == headline:
        return RegionKind.REPETITION
    if _BANNER.match(line.lstrip(_FRINGE)):
        return RegionKind.NAVIGATION
    if len(line) > _LONGEST_BUTTON or _SENTENCE_END.search(line):
        return None
    bare = line.strip(_FRINGE)
    if bare[:1].islower():  # the line continues a wrapped sentence
        return None
    if _BUTTON.fullmatch(bare):
        return RegionKind.NAVIGATION
    return RegionKind.ATTRIBUTION if alone and _ATTRIBUTION.match(line) else None


def _lines_outside(text: str, scripts: list[Span]) -> Iterator[Span]:
    """The part of every line that lies outside the scripts, trimmed."""
    pending = iter(scripts)
    script = next(pending, None)
    for match in _LINE.finditer(text):
        start, end = match.span()
        while script and script.end <= start:
            script = next(pending, None)
        if script and script.start < end:
            start = script.end
        line = trim(text, Span(start, max(start, end)))
        if line:
            yield line


def _scripts(text: str) -> list[Span]:
    """Runs of adjacent code lines that contain at least two signs of a browser script."""
    runs: list[Span] = []
    run: list[Span] = []
    for line in [*_code_lines(text), Span(len(text) + 3, len(text) + 3)]:
        if run and line.start - run[-1].end > 2:  # with a blank line or prose in between
            whole = Span(run[0].start, _code_end(text, run[-1]))
            if len(_BROWSER.findall(text[whole.start : whole.end])) >= 2:
                runs.append(whole)
            run = []
        run.append(line)
    return runs


def _code_lines(text: str) -> Iterator[Span]:
    for match in _LINE.finditer(text):
        line = match.group()
        # Very long lines are minified scripts, whose beginning is evidence enough.
        head = line[:2000]
        dense = sum(char in _CODE_PUNCTUATION for char in head) >= max(2, len(head) // 25)
        if dense and (_STATEMENT.search(head) or _BROWSER.search(head)):
            yield Span(*match.span())


def _code_end(text: str, line: Span) -> int:
    """The offset at which the code in a run's last line ends; prose may follow on the same line."""
    content = text[line.start : line.end]
    match = _CODE_END.search(content)
    if match and len(content[match.end() :].split()) >= 3:
        return line.start + match.end()
    return line.end
