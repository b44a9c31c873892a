"""Extractors: a module or a package for each file format, listed in `source.formats.registry`."""
