"""Word, PowerPoint and OpenDocument files: XML in a zip archive, walked in the document's order."""
