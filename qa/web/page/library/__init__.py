"""The list of documents: adding, removing, restoring, rebuilding."""
