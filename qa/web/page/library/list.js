// The library's dialog: its list of documents, and the outcome of changes to them.

/** @import { Refusal } from "../types.d.ts" */

import { currentChat } from "../chat/chats.js";
import { $, $$, fillFromServer, fromMarkup } from "../dom.js";
import { isolated, showSentence } from "../names.js";
import { call, latestOnly } from "../server.js";
import { texts } from "../texts/texts.js";

export const libraryDialog = () => $("dialog");
export const filterBox = () => $("input", $(".tools", libraryDialog()));

let firstRow = 0;
const startDrawingRows = latestOnly();

/** @param {number} [first] the first row to be shown */
export const drawRows = async (first = firstRow) => {
  const isLatest = startDrawingRows();
  firstRow = first;
  const answer = await call("library", { first, filter: filterBox().value });
  if (!isLatest()) return;
  if ("error" in answer) return showLibraryNotice(answer.error, true);
  fillFromServer($(".rows", libraryDialog()), answer.rows);
  for (const row of $$("tr[data-id]", libraryDialog())) {
    $("input", row).checked = currentChat.documents.some(({ id }) => id === row.dataset.id);
  }
};

/**
 * Shows the outcome of a change, and the files that were refused.
 * @param {string} message
 * @param {boolean} [wrong]
 * @param {Refusal[]} [refused]
 * @param {(() => unknown) | null} [retry] makes a change that failed once more
 */
export const showLibraryNotice = (message, wrong = false, refused = [], retry = null) => {
  const outcome = $(".outcome", libraryDialog());
  outcome.classList.toggle("wrong", wrong);
  outcome.replaceChildren();
  /** @param {string} tag @param {string} text */
  const addLine = (tag, text) => {
    const line = document.createElement(tag);
    showSentence(line, text);
    outcome.append(line);
  };
  if (message) addLine("p", message);
  if (retry) {
    const button = fromMarkup('<button type="button" class="text"></button>');
    button.textContent = texts().again;
    button.addEventListener("click", retry);
    outcome.append(button);
  }
  if (refused.length) {
    addLine("h3", texts().refused);
    for (const { name, why } of refused) {
      const shown = isolated(name);
      addLine("p", why.includes(shown) ? why : `${shown}: ${why}`);
    }
  }
};
