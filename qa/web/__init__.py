"""The web page: draws Answers, holds the chat of each browser session. `import qa` never imports it."""

from qa.web.quick_import import import_gradio

import_gradio()
