// Finding and making elements. Only the functions here parse HTML, and only HTML that the server has escaped or that
// is a constant of the scripts; all other text gets into the page as text.

/** @import { ServerHtml } from "./types.d.ts" */

import { gradio } from "./gradio.js";

export const page = () => /** @type {HTMLElement} */ (gradio.element.firstElementChild);

/**
 * The first element that matches, or null.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @overload
 * @param {Tag} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElementTagNameMap[Tag] | null}
 */
/**
 * @overload
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement | null}
 */
/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement | null} */
export function $optional(selector, within = gradio.element) {
  return within.querySelector(selector);
}

/**
 * The first element that matches. Throws an Error if there is none.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @overload
 * @param {Tag} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
/**
 * @overload
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement} */
export function $(selector, within = gradio.element) {
  return existing($optional(selector, within), selector);
}

/**
 * Every element that matches.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @overload
 * @param {Tag} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElementTagNameMap[Tag][]}
 */
/**
 * @overload
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement[]} */
export function $$(selector, within = gradio.element) {
  return [...within.querySelectorAll(/** @type {"*"} */ (selector))].map((each) => /** @type {HTMLElement} */ (each));
}

/**
 * The nearest element around this one that matches. Throws an Error if there is none.
 * @param {Element} element
 * @param {string} selector
 * @returns {HTMLElement}
 */
export const closest = (element, selector) => existing(element.closest(selector), selector);

/** @param {Element | null} element @param {string} selector */
const existing = (element, selector) => {
  if (!element) throw new Error(`The page has no ${selector}`);
  return /** @type {HTMLElement} */ (element);
};

/** @param {Event} event */
export const targetOf = (event) => /** @type {HTMLElement} */ (event.target);

/**
 * The button that was pressed, or null; `data-do` says what it does.
 * @param {Event} event
 * @returns {HTMLElement | null}
 */
export const pressedButton = (event) => targetOf(event).closest("button[data-do]");

/**
 * The element that HTML from the server describes.
 * @param {ServerHtml} html
 */
export const fromServer = (html) => parsed(html);

/**
 * The element that a constant of the scripts describes; ESLint refuses anything else.
 * @param {string} markup
 */
export const fromMarkup = (markup) => parsed(markup);

/**
 * Replaces an element's content by HTML from the server.
 * @param {Element} element
 * @param {ServerHtml} html
 */
export const fillFromServer = (element, html) => parseInto(element, html);

/** @param {string} html */
const parsed = (html) => {
  const template = document.createElement("template");
  parseInto(template, html);
  return /** @type {HTMLElement} */ (template.content.firstElementChild);
};

/** @param {Element} element @param {string} html */
const parseInto = (element, html) => {
  element.innerHTML = html; // eslint-disable-line no-restricted-properties
};
