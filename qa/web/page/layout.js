// Which parts of the page can be reached. On narrow windows the list of chats covers everything else; on narrower
// ones a document covers everything but the list of chats.

import { $, page } from "./dom.js";

export const narrow = matchMedia("(max-width: 75rem)");
export const narrower = matchMedia("(max-width: 60rem)");

export const isSideShown = () => page().classList.contains("with-side");
const isDocumentShown = () => page().classList.contains("with-document");

// Covered parts can be neither focused nor read out.
export const updateCovered = () => {
  const bySide = isSideShown();
  const byDocument = isDocumentShown() && narrower.matches;
  $(".chat").inert = bySide || byDocument;
  $(".side").inert = byDocument && !bySide;
  $(".beside").inert = bySide;
};

/** @param {boolean} shown */
export const showSide = (shown) => {
  if (shown === isSideShown()) return;
  page().classList.toggle("with-side", shown);
  const menu = $('.top [data-do="menu"]');
  menu.setAttribute("aria-expanded", String(shown));
  updateCovered();
  (shown ? $(".side button") : menu).focus();
};

/** @param {boolean} shown */
export const showDocumentPanel = (shown) => {
  page().classList.toggle("with-document", shown);
  updateCovered();
};

/** @param {boolean} dark */
export const setAppearance = (dark) => {
  document.body.classList.toggle("dark", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
};

export const prefersReducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Whether there is a keyboard other than one on the screen.
export const hasKeyboard = () => matchMedia("(hover: hover)").matches;
