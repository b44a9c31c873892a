"""The endpoints for programs and assistants, and Gradio, which serves them and the page."""
