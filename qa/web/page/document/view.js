// The document that is open in the panel beside the chat, and the panel's elements.

/** @import { View } from "../types.d.ts" */

import { $, $$, $optional } from "../dom.js";
import { showSentence } from "../names.js";

/** @type {View | null} */
export let view = null;

/** @param {View | null} opened */
export const setView = (opened) => {
  view = opened;
};

/**
 * The view of a document that is open. Throws an Error if none is.
 * @returns {View}
 */
export const openView = () => {
  if (!view) throw new Error("No document is open");
  return view;
};

export const panel = () => $(".beside");
export const content = () => $(".content", panel());
export const isContentShown = () => !!$optional(".content", panel());
export const units = () => $$("[data-at]", content());

/** @param {HTMLElement} unit the offset at which it begins */
export const offsetOf = (unit) => Number(unit.dataset.at);

/** @param {string} message */
export const showDocumentNotice = (message) => {
  showSentence($(".notice", panel()), message);
};
