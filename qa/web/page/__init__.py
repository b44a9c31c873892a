"""The page: what each of its features shows and does, in Python and in a script beside it."""
