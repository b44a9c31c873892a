"""The web as a source: fetches a page that the user names by its address, and remembers where its copy came from.

Only `python -m index fetch` imports what uses the network.
"""
