"""The reader: a model that reads a question with a passage, and says whether and in which words it answers.

reading      what a reader says about one passage
pairs        makes a model's input of a question and a text
model        runs a reader's model
shipped      the readers that ship with the project
own          a user's reader, from a folder with a transformers model
export       exports such a model to ONNX
exported     opens what was exported
load         chooses the reader by the language, and opens it
candidates   reads the candidates that are worth it

`qa/weights/CARD.md` describes how the shipped reader was trained, on what data, and how well it does.
"""

from qa.ask.reader.candidates import MAX_READ, MIN_READ, READ_WITHIN, read, worth_reading
from qa.ask.reader.load import own_reader, reader_for, reader_is_own
from qa.ask.reader.model import Reader, ReaderMissing
from qa.ask.reader.reading import FoundAnswer, Reading

__all__ = [
    # reading the candidates
    "MAX_READ",
    "MIN_READ",
    "READ_WITHIN",
    "read",
    "worth_reading",
    # the reader
    "Reader",
    "own_reader",
    "reader_for",
    "reader_is_own",
    # what it says
    "FoundAnswer",
    "Reading",
    # errors
    "ReaderMissing",
]
