"""Parsing in separate processes, so that a hostile file can crash, hang or exhaust memory without harm."""
