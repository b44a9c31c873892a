"""From a document's text to passages and index terms."""
