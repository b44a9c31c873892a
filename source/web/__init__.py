"""The web as a source: fetches a page that the user names by its address. Nothing else in the project uses the network.

Imported only by `python -m index fetch`.
"""
