"""Measuring answers to questions whose answers are known, and collecting such questions."""
