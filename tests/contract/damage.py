"""Damages LanceDB's files one after another, and checks that reading gives the original data or an error.

    python tests/contract/damage.py FOLDER TIMES

FOLDER holds an index of version 0 of the collection of `tests/crash`. It runs in a separate process, because reading
a damaged file might crash it.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder, texts_of, use_hash_encoder

import qa
from index import StoreError, open_store


def damaged(data: bytes, drawn: random.Random) -> bytes:
    """Flips one bit or twenty, and sometimes cuts off the end."""
    changed = bytearray(data)
    for _ in range(drawn.choice((1, 1, 20))):
        changed[drawn.randrange(len(data))] ^= 1 << drawn.randrange(8)
    return bytes(changed[: drawn.choice((len(data), len(data), drawn.randrange(len(data))))])


def read(where: str) -> str:
    """Reads everything in the store, and asks a question."""
    try:
        store = open_store(where)
        store.prefetch(list(range(len(store))))
        texts = {document.id: document.text for document in map(store.document, range(store.documents))}
        assert texts == texts_of(0), "a document is not what was written"
        for hit in qa.Book(store, HashEncoder()).retrieve("keeper harbour"):
            assert hit.passage.text in texts[hit.passage.document_id]
        store.rows.ids(), store.sources()
    except StoreError as error:
        return type(error).__name__
    return "harmless"


def main(folder: str, times: str) -> None:
    use_hash_encoder()
    drawn, came = random.Random(0), Counter[str]()
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.stat().st_size)
    for _ in range(int(times)):
        path = drawn.choice(files)
        data = path.read_bytes()
        path.write_bytes(damaged(data, drawn))
        print(path, flush=True)  # the last one, if this is the end
        came[read(f"lance://{folder}")] += 1
        path.write_bytes(data)
    print(f"{times} damaged files: {dict(came)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
