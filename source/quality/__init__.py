"""Checks of an extracted text, whatever its format, for signs that it differs from its document."""

from source.quality.pages import doubts_of

__all__ = ["doubts_of"]
