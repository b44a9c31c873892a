"""The conversation: questions, answers as quote cards, and the chats that the browser keeps."""
