"""Damages LanceDB's files one after another, and checks that reading gives the original data or an error.

    python tests/contract/damage.py FOLDER TIMES [SEED]

FOLDER holds an index of version 0 of the collection of `tests/crash`. It runs in a separate process with limited
memory, because reading a damaged file might crash it: LanceDB believes the sizes in its files. The last line that it
prints is the file that it was reading, or the result.
"""

from __future__ import annotations

import random
import resource
import shutil
import sys
from collections import Counter
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder, texts_of, use_hash_encoder

import qa
from index import StoreError, open_store

_MEMORY = 8 << 30  # bytes of address space; an undamaged index takes less than 3 GB


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


def main(folder: str, times: str, seed: str = "0") -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    use_hash_encoder()
    drawn, came = random.Random(int(seed)), Counter[str]()
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file() and path.stat().st_size)
    for number in range(int(times)):
        path = drawn.choice(files)
        intact = Path(f"{folder}.intact")
        shutil.copyfile(path, intact)  # for the next process, if this one ends
        print(f"{number} {path}", flush=True)
        path.write_bytes(damaged(path.read_bytes(), drawn))
        came[read(f"lance://{folder}")] += 1
        shutil.copyfile(intact, path)
    print(f"{times} damaged files: {dict(came)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
