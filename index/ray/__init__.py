"""Building on a Ray cluster: an extra; only `machines` is imported before a build asks for the rest."""
