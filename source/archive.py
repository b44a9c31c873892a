"""Safe reading of zip archives that may be hostile, and of the XML in them."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from source.errors import Damaged, Encrypted, TooLarge
from source.untrusted_text import isolated

MAX_UNPACKED = 512 << 20  # bytes of all members together
_MAX_MEMBERS = 20_000
_MAX_RATIO = 200  # unpacked to packed size of the whole archive; text compresses to 1/4 to 1/20
_RATIO_COUNTS_FROM = 32 << 20  # unpacked bytes: a smaller archive may legitimately be that dense


class Archive:
    """The members of a zip archive, within limits that documents stay under and zip bombs exceed.

    `shown_as`: the file's name in errors. `most`: bytes of all members together; more only for members that are read a
    piece at a time. Raises Damaged, Encrypted or TooLarge.
    """

    def __init__(self, data: bytes, shown_as: str, most: int = MAX_UNPACKED) -> None:
        self.shown_as = shown_as
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Damaged(
                f"{isolated(shown_as)} is damaged or has the wrong extension. Try saving it again."
            ) from error
        members = self._zip.infolist()
        unpacked = sum(member.file_size for member in members)
        dense = unpacked > _RATIO_COUNTS_FROM and unpacked > _MAX_RATIO * len(data)
        if unpacked > most or len(members) > _MAX_MEMBERS or dense:
            raise TooLarge(f"{isolated(shown_as)} is too large: it unpacks to {unpacked >> 20:,} MB. Exclude it.")
        if any(member.flag_bits & 1 for member in members):
            raise Encrypted(f"{isolated(shown_as)} is password-protected. Add an unprotected copy.")
        self._names = {member.filename for member in members}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    @property
    def names(self) -> list[str]:
        """The names of the members, sorted."""
        return sorted(self._names)

    def read(self, name: str) -> bytes:
        """The bytes of a member. Raises Damaged if it is missing, broken or longer than declared."""
        with self.opened(name) as file:
            data = file.read(self._zip.getinfo(name).file_size + 1)
        if len(data) > self._zip.getinfo(name).file_size:
            raise Damaged(
                f"{isolated(self.shown_as)} is damaged: {isolated(repr(name))} is longer than declared. Try "
                "saving it again."
            )
        return data

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A member, to be read a piece at a time. Raises Damaged if it is missing or broken, even later."""
        try:
            with self._zip.open(name) as file:
                yield file
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise Damaged(
                f"{isolated(self.shown_as)} is damaged: {isolated(repr(name))} cannot be unpacked. Try saving it again."
            ) from error

    def elements(self, name: str, *tags: str) -> Iterator[Any]:
        """The elements of these names in a member that is XML, each when it ends; it is emptied afterwards.

        So memory doesn't grow with the member. Elements inside one of them are yielded before it, and not emptied.
        """
        from lxml import etree

        with self.opened(name) as file, _refusing_xml(self.shown_as):
            wanted = tuple(f"{{*}}{tag}" for tag in tags)
            for _, element in etree.iterparse(file, tag=wanted, **_SAFE):
                yield element
                if next(element.iterancestors(*wanted), None) is None:
                    element.clear(keep_tail=False)
                    while element.getprevious() is not None:
                        del element.getparent()[0]

    def xml(self, name: str) -> Any:
        """The root element of a member that is XML."""
        return parse_xml(self.read(name), self.shown_as)


_SAFE: dict[str, bool] = {"resolve_entities": False, "load_dtd": False, "no_network": True, "huge_tree": False}
"""Options of lxml's parsers: no entities expanded, no DTD loaded, no network."""


def parse_xml(data: bytes, shown_as: str) -> Any:
    """Parses XML to its root element (lxml's): no entities expanded, no DTD loaded, no network. Raises Damaged."""
    from lxml import etree

    with _refusing_xml(shown_as):
        return etree.fromstring(data, etree.XMLParser(**_SAFE))


@contextmanager
def _refusing_xml(shown_as: str) -> Iterator[None]:
    """Raises Damaged for invalid XML."""
    from lxml import etree

    try:
        yield
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Damaged(
            f"{isolated(shown_as)} is damaged: it contains invalid XML ({isolated(error)}). Try saving it again."
        ) from error
