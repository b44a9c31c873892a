"""Evaluates answers to questions with known answers, and collects such questions from feedback."""
