"""Text analysis: a document's text is split into sentences, passages and index terms."""
