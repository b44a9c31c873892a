"""Encoders: from text to a passage vector and token vectors."""
