"""The document beside the chat: its text or its pages, with quotes and matches marked."""
