"""A build process that tests kill: `builder.py ADDRESS SOURCES VERSION LEASE [--once SECONDS]`.

It builds version after version of the collection of `tests/crash`, and prints when it is ready to begin one, when one
is built, and its number when it is published. With `--once` it builds one, and waits SECONDS before publishing it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import use_hash_encoder, write

import index.lance.pointer
from index import build
from source import ChapterVerseError


def main(address: str, sources: str, version: str, lease: str, *once: str) -> None:
    use_hash_encoder()
    index.lance.pointer.LEASE = int(lease)
    number, folder = int(version), Path(sources)

    def wait(*_: object) -> None:
        print("building", flush=True)
        time.sleep(float(once[1]) if once else 0)

    while True:
        write(folder, number)
        print("ready", flush=True)
        try:
            build(address, [folder], approve=wait)
        except ChapterVerseError as error:
            sys.exit(f"{type(error).__name__}: {error}")
        print(number, flush=True)
        if once:
            return
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
