"""Checks that the quotes of a saved answer are still in their documents."""
