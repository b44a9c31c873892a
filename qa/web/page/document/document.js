// Opening and closing documents in the panel beside the chat.

/** @import { OpenedCard, OpenedDocument, Quote } from "../types.d.ts" */

import { cardAt } from "../chat/turns.js";
import { currentChat, quotesOf } from "../chat/chats.js";
import { questionBox } from "../chat/composer.js";
import { $$, $optional, fromServer } from "../dom.js";
import { showDocumentPanel } from "../layout.js";
import { showNotice } from "../notices.js";
import { call, latestOnly } from "../server.js";
import { goTo, onScroll } from "./parts.js";
import { content, panel, setView, view } from "./view.js";

// The card of the quote at which the document is open.
/** @type {OpenedCard | null} */
let openedCard = null;

/** @param {OpenedCard | null} card */
const setOpenedCard = (card) => {
  openedCard = card;
  for (const each of $$(".card[data-open]")) each.removeAttribute("data-open");
  if (card) cardAt(card)?.setAttribute("data-open", "");
};

export const closeDocument = () => {
  const card = openedCard && cardAt(openedCard);
  setOpenedCard(null);
  if (!view) return;
  setView(null);
  panel().replaceChildren();
  showDocumentPanel(false);
  closeInHistory(); // the entry stays, for the next document
  const show = card && $optional('[data-do="show"]', card);
  (show ?? questionBox()).focus({ preventScroll: true });
};

const startOpening = latestOnly();

/**
 * Opens the document of a quote, or of another place where its words occur (`elsewhere`, from 1).
 * @param {number} turn
 * @param {number} quote
 * @param {number} [elsewhere]
 */
export const openQuote = async (turn, quote, elsewhere = 0) => {
  const isLatest = startOpening();
  const { answer } = currentChat.turns[turn];
  const from = currentChat;
  const quotes = quotesOf(answer);
  const opened = await call("open", { quotes, at: quote, elsewhere });
  if (!isLatest() || from !== currentChat) return;
  if ("error" in opened) {
    closeDocument();
    return showNotice(opened.error, true);
  }
  setOpenedCard({ turn, quote, elsewhere: opened.elsewhere });
  await showDocument(opened, quotes, answer.answered);
};

/**
 * Opens the next place of a quote; after the last one, the quote itself again.
 * @param {number} turn
 * @param {number} quote
 */
export const openNextPlace = (turn, quote) => {
  const isOpen = openedCard?.turn === turn && openedCard.quote === quote;
  return openQuote(turn, quote, openedCard && isOpen ? openedCard.elsewhere + 1 : 1);
};

/**
 * Opens a document at its beginning.
 * @param {string} id
 */
export const openDocument = async (id) => {
  const isLatest = startOpening();
  const opened = await call("read", { document: id });
  if (!isLatest()) return;
  if ("error" in opened) return showNotice(opened.error, true);
  setOpenedCard(null);
  await showDocument(opened, [], false);
};

/** @param {OpenedDocument} opened @param {Quote[]} quotes @param {boolean} answered */
const showDocument = async (opened, quotes, answered) => {
  // One entry in the history for all documents: the Back button then closes the document and doesn't leave the page.
  if (history.state && "reading" in history.state) history.replaceState({ reading: true }, "");
  else history.pushState({ reading: true }, "");
  const units = { first: 0, last: 0, count: 0, paged: false, window: 0 }; // none are loaded yet
  setView({ ...opened, ...units, quotes, answered, found: [], foundAt: -1, query: "", more: false });
  showDocumentPanel(true);
  panel().replaceChildren(fromServer(opened.frame));
  content().addEventListener("scroll", onScroll, { passive: true });
  content().focus({ preventScroll: true }); // before loading, or it would take the focus from a reader who types meanwhile
  await goTo(opened.starts[opened.at] ?? 0, "quoted");
};

const closeInHistory = () => {
  if (history.state?.reading) history.replaceState({ reading: false }, "");
};

// Keeps the browser's history and the panel in step.
export const followHistory = () => {
  addEventListener("popstate", (event) => {
    if (!event.state?.reading) closeDocument();
    else if (!view) closeInHistory();
  });
  closeInHistory(); // a reload has closed the document
};
