"""The web page: draws Answers, holds the chat of each browser session. `import qa` never imports it."""
