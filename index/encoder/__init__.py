"""Encoders, which turn a text into a passage vector and token vectors."""
