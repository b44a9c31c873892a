"""An index that LanceDB keeps, on storage that several machines share; see docs/scale.md.

Imported only when an address names it: `index.locate`.
"""
