// The parts of the open document. A run of its units (paragraphs or pages) is in the page; scrolling loads more.

/** @import { ServerHtml, View } from "../types.d.ts" */

import { $$, $optional, fillFromServer, fromMarkup } from "../dom.js";
import { call, latestOnly } from "../server.js";
import { texts } from "../texts/texts.js";
import { drawMap, drawSteps, drawWindow } from "./position.js";
import { content, isContentShown, offsetOf, openView, showDocumentNotice, units, view } from "./view.js";

const MOST_WINDOWS = 4; // in the page at once
const SCROLL_REACH = 200; // pixels from an end at which more is loaded

/** @param {{ offset: number } | { first: number, last: number }} fields */
const loadPart = (fields) => {
  const { document: id, sha256, quotes, answered, query, paged } = openView();
  return call("part", { document: id, sha256, quotes, answered, query, paged, ...fields });
};

// The units of a part, to be put into the page. Their pictures have a height only once they are decoded; one that
// cannot be decoded delays nothing.
/** @param {ServerHtml} html */
const decodedUnits = async (html) => {
  const holder = document.createElement("div");
  fillFromServer(holder, html);
  await Promise.allSettled($$("img", holder).map((image) => image.decode()));
  return [...holder.children];
};

const startGoing = latestOnly();

/**
 * Loads the part around an offset, and scrolls to the mark there.
 * @param {number} offset
 * @param {"quoted" | "found" | "here"} kind  of mark; "here": none
 */
export const goTo = async (offset, kind) => {
  const isLatest = startGoing();
  const from = view;
  const part = await loadPart({ offset });
  const loaded = "error" in part ? [] : await decodedUnits(part.html);
  if (!isLatest() || !from || from !== view) return;
  if ("error" in part) return showDocumentNotice(part.error);
  const { first, last, count, paged, window } = part;
  Object.assign(from, { first, last, count, paged, window });
  content().classList.toggle("pages", paged);
  content().replaceChildren(...loaded);
  drawMoreButtons();
  const isUnmarked = paged && kind === "quoted" && from.quotes.length && !$optional("mark.quoted", content());
  showDocumentNotice(part.notice || (isUnmarked ? texts().unmarked : ""));
  bringIntoView(offset, kind);
  drawSteps();
  drawMap();
};

/** @param {number} offset @param {string} kind */
const bringIntoView = (offset, kind) => {
  for (const mark of $$("mark.now", content())) mark.classList.remove("now");
  const marks = kind === "here" ? [] : $$(`mark.${kind}[data-start="${offset}"]`, content());
  marks.forEach((mark) => mark.classList.add("now"));
  const goal = marks[0] ?? units().findLast((unit) => offsetOf(unit) <= offset);
  if (!goal) return;
  const [at, frame] = [goal.getBoundingClientRect(), content().getBoundingClientRect()];
  content().scrollTop += at.top - frame.top - content().clientHeight / 3;
  content().scrollLeft += at.left - frame.left - 16; // a page may be wider than a phone
};

// The buttons that load more at either end; scrolling to one does the same.
const drawMoreButtons = () => {
  const { first, last, count } = openView();
  $$(".more", content()).forEach((button) => button.remove());
  if (first > 0) content().prepend(moreButton("earlier"));
  if (last < count) content().append(moreButton("later"));
};

/** @param {"earlier" | "later"} direction */
const moreButton = (direction) => {
  const button = fromMarkup('<button type="button" class="more"></button>');
  button.dataset.do = direction;
  button.textContent = texts()[direction];
  return button;
};

// The view to which a part is being added.
/** @type {View | null} */
let extending = null;

/** @param {"earlier" | "later"} direction */
export const addPart = async (direction) => {
  const from = openView();
  if (extending === from) return;
  extending = from;
  const isEarlier = direction === "earlier";
  const edge = isEarlier ? from.first : from.last;
  const [first, last] = isEarlier ? [Math.max(0, edge - from.window), edge] : [edge, edge + from.window];
  const part = await loadPart({ first, last });
  const loaded = "error" in part ? [] : await decodedUnits(part.html);
  if (extending === from) extending = null;
  // Meanwhile the reader has moved elsewhere, or the unit at the edge has been removed from the page.
  if (from !== view || edge !== (isEarlier ? from.first : from.last)) return;
  if ("error" in part) return showDocumentNotice(part.error);
  const present = units();
  const anchor = isEarlier ? present[0] : present[present.length - 1];
  const top = anchor.getBoundingClientRect().top;
  if (isEarlier) anchor.before(...loaded);
  else anchor.after(...loaded);
  if (isEarlier) from.first = part.first;
  else from.last = part.last;
  removeDistantUnits(isEarlier);
  drawMoreButtons();
  content().scrollTop += anchor.getBoundingClientRect().top - top;
  drawMap();
};

// Keeps the page small however far the reader scrolls.
/** @param {boolean} fromEnd */
const removeDistantUnits = (fromEnd) => {
  const { window } = openView();
  const present = units();
  const excess = present.length - MOST_WINDOWS * window;
  if (excess <= 0) return;
  (fromEnd ? present.slice(-excess) : present.slice(0, excess)).forEach((unit) => unit.remove());
  if (fromEnd) openView().last -= excess;
  else openView().first += excess;
};

export const onScroll = () => {
  if (!view || !isContentShown()) return; // the last event of a document that was closed
  const { scrollTop, scrollHeight, clientHeight } = content();
  if (scrollTop < SCROLL_REACH && view.first > 0) addPart("earlier");
  else if (scrollTop + clientHeight > scrollHeight - SCROLL_REACH && view.last < view.count) addPart("later");
  drawWindow();
};
