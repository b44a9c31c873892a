// The reader's position in the open document: the numbers of the quote and of the match, and the map, a thin picture
// of the whole document.

import { $, $$, $optional } from "../dom.js";
import { fill, language, texts } from "../texts/texts.js";
import { content, offsetOf, openView, panel, units } from "./view.js";

const MOST_MARKS = 400; // more would overlap

export const drawSteps = () => {
  const { at, found, foundAt, more, query, starts } = openView();
  drawStep("quote", at, starts, texts().quote_numbered);
  drawStep("found", foundAt, found, more ? texts().numbered_more : texts().numbered);
  if (query) $(".steps.found", panel()).hidden = false;
};

/** @param {"quote" | "found"} kind @param {number} at @param {number[]} offsets @param {string} text */
const drawStep = (kind, at, offsets, text) => {
  const steps = $(`.steps.${kind}`, panel());
  steps.hidden = !offsets.length;
  const numbers = { number: at + 1, count: offsets.length.toLocaleString(language) };
  $("output", steps).textContent = offsets.length ? fill(text, numbers) : texts().none_found;
  $$("button", steps).forEach((button) => (button.disabled = !offsets.length));
};

// An offset's relative position in the document, from 0 to 1: in pages, or in characters if there are none.
/** @param {number} offset */
export const shareOf = (offset) => {
  const { pages, length } = openView();
  if (!pages.length) return offset / length;
  const page = Math.max(0, pages.findLastIndex((start) => start <= offset));
  const end = pages[page + 1] ?? length;
  return (page + (offset - pages[page]) / Math.max(1, end - pages[page])) / pages.length;
};

// The inverse of shareOf.
/** @param {number} share */
export const offsetAt = (share) => {
  const { pages, length } = openView();
  if (!pages.length) return Math.floor(share * (length - 1));
  const page = Math.min(pages.length - 1, Math.floor(share * pages.length));
  const end = pages[page + 1] ?? length;
  return Math.floor(pages[page] + (share * pages.length - page) * Math.max(0, end - pages[page] - 1));
};

export const drawMap = () => {
  const { found, headings, starts } = openView();
  const step = Math.ceil(found.length / MOST_MARKS);
  const thinned = found.filter((_, i) => i % step === 0);
  $(".map", panel()).replaceChildren(
    Object.assign(document.createElement("b"), { className: "window" }),
    ...headings.map(mark("heading")), ...thinned.map(mark("found")), ...starts.map(mark("quoted")),
  );
  drawWindow();
};

/** @param {string} kind */
const mark = (kind) => (/** @type {number} */ offset) => {
  const line = document.createElement("i");
  line.className = kind;
  line.style.top = `${100 * shareOf(offset)}%`;
  return line;
};

// Shows on the map which part of the document is in view.
export const drawWindow = () => {
  const frame = content().getBoundingClientRect();
  const loaded = units();
  const inView = loaded.filter((unit) => {
    const { top, bottom } = unit.getBoundingClientRect();
    return bottom > frame.top && top < frame.bottom;
  });
  const shown = $optional(".map .window", panel());
  const last = inView.at(-1);
  if (!shown || !last) return;
  const after = loaded[loaded.indexOf(last) + 1];
  const isEnd = !after && openView().last >= openView().count;
  const [start, end] = [inView[0], after ?? last].map((unit) => shareOf(offsetOf(unit)));
  shown.style.top = `${100 * start}%`;
  shown.style.height = `${Math.max(1, 100 * ((isEnd ? 1 : end) - start))}%`;
};
