"""Building an index on the machines of a Ray cluster; an extra, imported only when a build asks for it."""
