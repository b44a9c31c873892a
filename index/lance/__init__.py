"""An index stored in LanceDB, on storage that several machines share; see docs/scale.md.

`index.locate` imports it only for an address that needs it, because LanceDB is an optional extra.
"""
