"""An index as a folder on this machine; `index.folder.layout` lists its files."""
