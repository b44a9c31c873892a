"""The systems compared, and the rows they get in the table."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
OURS = "chapter_verse"


class System(NamedTuple):
    """A row: `peer` names the folder of its adapter; rows of the same peer and `built` share an index."""

    peer: str
    mode: str
    built: str
    label: str

    @property
    def name(self) -> str:
        return f"{self.peer}-{self.mode}"

    @property
    def index_name(self) -> str:
        return f"{self.peer}-{self.built}"

    @property
    def adapter(self) -> Path:
        return HERE / self.peer / f"{self.peer}_adapter.py"


SYSTEMS = (
    System(OURS, "retrieve", "all", "Chapter & Verse, retrieve"),
    System(OURS, "ask", "all", "Chapter & Verse, ask"),
    System("plain", "dense", "dense", "sentence-transformers + FAISS"),
    System("txtai", "dense", "dense", "txtai, dense"),
    System("txtai", "hybrid", "hybrid", "txtai, hybrid"),
    System("txtai", "rerank", "hybrid", "txtai, hybrid, late interaction on 30"),
    System("haystack", "dense", "dense", "Haystack, dense"),
    System("haystack", "hybrid", "dense", "Haystack, hybrid"),
    System("llama_index", "dense", "dense", "LlamaIndex, dense"),
    System("llama_index", "hybrid", "hybrid", "LlamaIndex, hybrid"),
    System("langchain", "dense", "dense", "LangChain, dense"),
    System("langchain", "hybrid", "dense", "LangChain, hybrid"),
)


def chosen(only: list[str], without: list[str]) -> list[System]:
    """The systems with these names, less those; a name is a peer's or a row's."""
    return [
        system
        for system in SYSTEMS
        if (not only or {system.peer, system.name} & set(only)) and not {system.peer, system.name} & set(without)
    ]


def names() -> list[str]:
    """What `--only` and `--without` understand."""
    return list(dict.fromkeys(name for system in SYSTEMS for name in (system.peer, system.name)))
