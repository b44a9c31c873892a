"""Extractors, which turn a file's bytes into a Document: a module or package per format (see `registry`)."""
