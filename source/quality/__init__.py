"""Does a text look as its document does? What speaks against it, whatever the format."""

from source.quality.pages import doubts_of

__all__ = ["doubts_of"]
