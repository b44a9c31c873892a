"""The page, driven in headless Chromium."""
