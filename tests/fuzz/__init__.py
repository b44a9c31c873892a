"""Inputs that nobody would send, and many of them: what is found, and a command to look for more (`run.py`)."""
