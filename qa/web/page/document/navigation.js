// Navigation in the open document: by its quotes, its headings, a search, and clicks on the map.

import { $, $$, pressedButton, targetOf } from "../dom.js";
import { call, latestOnly } from "../server.js";
import { closeDocument } from "./document.js";
import { addPart, goTo } from "./parts.js";
import { drawMap, drawSteps, offsetAt, shareOf } from "./position.js";
import { content, offsetOf, openView, panel, showDocumentNotice, units, view } from "./view.js";

const CLICK_REACH = 6; // pixels between a click on the map and the quote it means

/** @param {number} at @param {number} by @param {number[]} offsets */
const step = (at, by, offsets) => (at + by + offsets.length) % offsets.length;

/** @param {number} by */
const stepQuote = (by) => {
  const opened = openView();
  opened.at = step(opened.at, by, opened.starts);
  return goTo(opened.starts[opened.at], "quoted");
};

/** @param {number} by */
const stepFound = (by) => {
  const opened = openView();
  opened.foundAt = step(opened.foundAt, by, opened.found);
  return goTo(opened.found[opened.foundAt], "found");
};

const startFinding = latestOnly();

/**
 * Finds words in the document, and goes to the first place at or after the top of the view. Without words, the marks
 * of the last search are removed.
 * @param {string} words
 */
export const find = async (words) => {
  const isLatest = startFinding();
  const from = openView();
  const query = words.trim();
  const answer = query ? await call("find", { document: from.document, sha256: from.sha256, query }) : { starts: [], more: false };
  if (!isLatest() || from !== view) return;
  if ("error" in answer) return showDocumentNotice(answer.error);
  const { starts: found, more } = answer;
  const { top } = content().getBoundingClientRect();
  const inView = units().find((unit) => unit.getBoundingClientRect().bottom > top);
  const here = inView ? offsetOf(inView) : 0;
  const foundAt = found.length ? Math.max(0, found.findIndex((start) => start >= here)) : -1;
  Object.assign(from, { query, found, foundAt, more });
  if (found.length) return goTo(found[foundAt], "found");
  $$("mark.found", content()).forEach((mark) => mark.classList.remove("found", "now"));
  drawSteps();
  drawMap();
};

/** @param {MouseEvent} event */
const clickMap = (event) => {
  const map = $(".map", panel()).getBoundingClientRect();
  const share = Math.min(1, Math.max(0, (event.clientY - map.top) / map.height));
  const opened = openView();
  const at = opened.starts.findIndex((offset) => Math.abs(shareOf(offset) - share) * map.height < CLICK_REACH);
  if (at < 0) return goTo(offsetAt(share), "here");
  opened.at = at;
  return goTo(opened.starts[at], "quoted");
};

// The button that was pressed may be removed when a part is added.
/** @param {"earlier" | "later"} direction */
const loadMore = (direction) => addPart(direction).then(() => content().focus({ preventScroll: true }));

/** @type {Record<string, () => unknown>} */
const documentActions = {
  close: closeDocument,
  earlier: () => loadMore("earlier"),
  later: () => loadMore("later"),
  "previous-quote": () => stepQuote(-1),
  "next-quote": () => stepQuote(1),
  "previous-found": () => stepFound(-1),
  "next-found": () => stepFound(1),
};

export const listenToDocument = () => {
  panel().addEventListener("click", (event) => {
    const button = pressedButton(event);
    if (button) documentActions[String(button.dataset.do)]?.();
    else if (targetOf(event).closest(".map")) clickMap(event);
  });
  panel().addEventListener("submit", (event) => {
    event.preventDefault();
    const query = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("find"));
    const { query: current, found } = openView();
    if (query.trim() === current && found.length) stepFound(1);
    else find(query);
  });
  panel().addEventListener("input", (event) => {
    const { name, value } = /** @type {HTMLInputElement} */ (event.target);
    if (name === "find" && !value && openView().query) find("");
  });
  panel().addEventListener("change", (event) => {
    const list = /** @type {HTMLSelectElement} */ (event.target);
    if (list.name !== "contents") return;
    goTo(Number(list.value), "here");
    list.selectedIndex = 0;
  });
};
