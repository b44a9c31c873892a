// The page's language, and the texts in that language.

import { gradio } from "../gradio.js";
import { local, stored } from "../storage.js";

const LANGUAGE_KEY = "chapter-verse:language";

export let language = "en";

export const texts = () => gradio.known.texts[language];

// The HTML of the empty page.
export const frame = () => gradio.known.frames[language];

// The reader's choice, or else the browser's language, if the page has it.
export const detectLanguage = () => {
  const preferred = stored.read(local, LANGUAGE_KEY) ?? navigator.language.slice(0, 2);
  if (Object.hasOwn(gradio.known.frames, preferred)) language = preferred;
};

/** @param {string} code */
export const setLanguage = (code) => {
  language = code;
  stored.write(local, LANGUAGE_KEY, code);
};

/**
 * Replaces each {name} in a text.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
