"""The page's phrases: what each language must have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every word of the page in one language.

    `{…}` in a text is filled in. `plural`: which of the forms of a counted noun
    goes with a number; the forms are separated by bars. `names`: words for
    what the library calls in English (parts of a place, doubts, steps of a build).
    """

    language: str
    plural: Callable[[int], int]
    names: Mapping[str, str]

    tagline: str
    skip: str
    undo: str
    menu: str
    close_menu: str
    new_chat: str
    chats: str
    delete_chat: str
    deleted_chat: str
    library: str
    appearance: str
    language_name: str
    question: str
    placeholder: str
    ask: str
    stop: str
    cancel: str
    export: str
    as_markdown: str
    as_json: str
    print: str

    welcome: str
    welcome_note: str
    try_one: str

    conversation: str
    searching: str
    stopped: str
    not_kept: str
    searched_for: str
    without_context: str
    also: str
    not_answered: str
    nearest: str
    show: str
    copy: str
    copied: str
    not_copied: str
    next_place: str
    right: str
    wrong: str
    right_verdict: str
    wrong_verdict: str
    thanks: str
    unfold: str
    edit: str
    editing: str
    again: str
    link: str
    gone: str
    sure: tuple[str, str, str]
    same_words: str
    more: str
    doubtful: str

    reading: str
    close: str
    earlier: str
    later: str
    page: str
    unmarked: str
    previous_quote: str
    next_quote: str
    numbered: str
    quote_numbered: str
    numbered_more: str
    back: str
    contents: str
    find: str
    previous_found: str
    next_found: str
    none_found: str
    map: str

    close_library: str
    library_note: str
    read_only: str
    documents: str
    passages: str
    pages: str
    filter: str
    document: str
    format: str
    modified: str
    only: str
    asking_only: str
    ask_all: str
    missing: str
    remove: str
    sure_remove: str
    removed: str
    put_back: str
    add: str
    drop: str
    choose: str
    uploading: str
    not_uploaded: str
    too_large: str
    too_many: str
    paste: str
    paste_title: str
    paste_text: str
    paste_add: str
    rebuild: str
    building: str
    cancelled: str
    refused: str
    rows: str
    no_rows: str
    read: str

    broken: str
    unexpected: str
    busy: str
    unreachable: str
    crowded: str
