"""Finds the question in what was written: without greetings, pasted mail and politeness, divided into its parts."""

from qa.ask.understand.question import REMARKS, Intent, Understood, understand

__all__ = ["REMARKS", "Intent", "Understood", "understand"]
