"""The web chat: its HTTP server, its endpoints for programs, and its page. `import qa` never imports it."""
