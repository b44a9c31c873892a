"""Answers questions about documents with verbatim quotes and their places, or says that there is no answer.

book = qa.load("path/to/index")
answer = book.ask("who spoke first?")
answer.state, answer.confidence, answer.quotes
"""

from index import (
    DEFAULT_INDEX,
    EncoderMissing,
    EngineMissing,
    IndexCorrupt,
    IndexIncompatible,
    IndexMissing,
    IndexUnwritable,
    StoreUnreachable,
)
from qa.answer import Answer, DocumentRef, Fact, Hit, Location, Quote, State, answer_json, hits_json
from qa.ask.conversation import MAX_QUESTION
from qa.ask.reader import ReaderMissing
from qa.book import Book, load
from qa.edition import DocumentMissing, Edition
from qa.evaluation.golden import AnswersWorse
from qa.library import Added, Cancelled, Entry, Library
from qa.rebuild import rebuild, watch
from source import ChapterVerseError, UsageError

__all__ = [
    # asking
    "Book",
    "DEFAULT_INDEX",
    "Edition",
    "MAX_QUESTION",
    "load",
    "rebuild",
    "watch",
    # documents
    "Added",
    "Entry",
    "Library",
    # results
    "Answer",
    "DocumentRef",
    "Fact",
    "Hit",
    "Location",
    "Quote",
    "State",
    "answer_json",
    "hits_json",
    # errors
    "AnswersWorse",
    "Cancelled",
    "ChapterVerseError",
    "DocumentMissing",
    "EncoderMissing",
    "EngineMissing",
    "IndexCorrupt",
    "IndexIncompatible",
    "IndexMissing",
    "IndexUnwritable",
    "ReaderMissing",
    "StoreUnreachable",
    "UsageError",
]
