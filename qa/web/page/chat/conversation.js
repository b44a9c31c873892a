// Questions and answers: asking, stopping, judging, and the other buttons in the conversation.

/** @import { PendingQuestion } from "../types.d.ts" */

import { $, $$, $optional, closest, fromServer, pressedButton, targetOf } from "../dom.js";
import { openNextPlace, openQuote } from "../document/document.js";
import { hasKeyboard, prefersReducedMotion } from "../layout.js";
import { openLibrary } from "../library/library.js";
import { drawRows, libraryDialog } from "../library/list.js";
import { showSelection } from "../library/selection.js";
import { printable } from "../names.js";
import { copyText, showNotice } from "../notices.js";
import { call } from "../server.js";
import { texts } from "../texts/texts.js";
import { chats, currentChat, historyOf, questionsBefore, quotesOf, setCurrentChat, updateChat } from "./chats.js";
import { isPending, pending, questionBox, setEditing, setPending, setQuestion } from "./composer.js";
import { drawChats } from "./list.js";
import { drawChat, drawing, drawTurns, pendingTurn, showJudged, turnAt, turnList, withPosition } from "./turns.js";

// Shows the open chat as another tab has stored it: at once, or when the pending question has ended.
let isOutdated = false;
export const reloadChat = () => {
  isOutdated = !!pending;
  if (pending) return;
  setCurrentChat(chats.get(currentChat.id) ?? chats.create());
  setEditing(null);
  showSelection();
  if (libraryDialog().open) drawRows();
  drawChat();
};

/**
 * Asks a question at the end of the chat, or in place of the turn at `position`. A different question there removes
 * the turns after it, because they may depend on it.
 * @param {string} text
 * @param {{ position?: number, alone?: boolean, typed?: boolean }} [options]
 */
export const ask = async (text, { position = currentChat.turns.length, alone = false, typed = false } = {}) => {
  const question = text.trim();
  if (!question || pending) return;
  /** @type {PendingQuestion} */
  const asked = { question, position, typed, restore: () => {} };
  const chat = currentChat;
  setPending(asked);
  setEditing(null);
  if (typed) setQuestion("");
  showNotice("");
  const isDrawn = (await drawing) || (await drawChat()); // a question right after a reload waits for the earlier turns
  if (!isPending(asked)) return;
  if (!isDrawn) return stop();
  const isNew = position >= chat.turns.length;
  const isSame = chat.turns[position]?.answer.question === question;
  const turn = withPosition(pendingTurn(question), position);
  asked.restore = showPendingTurn(turn, position, isSame);
  const history = alone ? [] : questionsBefore(position);
  const answer = await call("ask", { question, history, documents: chat.documents.map(({ id }) => id) });
  await drawing; // the chat may be being redrawn
  if (!isPending(asked)) return;
  if ("error" in answer) {
    stop();
    return showNotice(answer.error, true);
  }
  setPending(null);
  const answered = { answer: answer.answer, alone, judged: {} };
  updateChat(chat, ({ turns }) => turns.splice(isNew ? turns.length : position, isSame ? 1 : Infinity, answered));
  if (isOutdated || !turn.isConnected) reloadChat();
  else showAnswer(turn, withPosition(fromServer(answer.html), position));
  drawChats();
};

/** @param {HTMLElement} waiting @param {HTMLElement} turn */
const showAnswer = (waiting, turn) => {
  const isFocusLost = document.activeElement === document.body; // it was in the turn that was replaced
  waiting.replaceWith(turn);
  turn.scrollIntoView({ block: "start" });
  if (isFocusLost) ($optional('[data-do="again"]', turn) ?? questionBox()).focus({ preventScroll: true });
};

/**
 * Returns a function that puts the turns back as they were.
 * @param {HTMLElement} waiting
 * @param {number} position
 * @param {boolean} inPlace
 */
const showPendingTurn = (waiting, position, inPlace) => {
  const list = turnList();
  const before = [...list.children];
  $optional(".welcome", list)?.remove();
  if (inPlace) turnAt(position)?.replaceWith(waiting);
  else {
    for (const turn of $$(".turn", list)) if (Number(turn.dataset.turn) >= position) turn.remove();
    list.append(waiting);
  }
  waiting.scrollIntoView({ block: "start", behavior: prefersReducedMotion() ? "auto" : "smooth" });
  return () => list.replaceChildren(...before);
};

// Cancels the pending question: restores the chat, and puts a typed question back into its box.
export const stop = () => {
  if (!pending) return;
  const { question, position, typed, restore } = pending;
  restore();
  setPending(null);
  if (typed && !questionBox().value) setQuestion(question);
  if (isOutdated) reloadChat();
  else if (typed && position < currentChat.turns.length) setEditing(position);
  showNotice(texts().stopped);
};

/** @param {number} position @param {HTMLElement} thumb */
const judge = async (position, thumb) => {
  const chat = currentChat;
  const turn = chat.turns[position];
  const before = JSON.stringify(turn.answer);
  /** @type {HTMLElement | null} */
  const card = thumb.closest(".card");
  const key = card?.dataset.quote ?? "none";
  const quote = card ? quotesOf(turn.answer)[Number(key)] : null;
  const right = thumb.dataset.do === "right";
  const answer = await call("judge", { question: turn.answer.question, history: historyOf(position), quote, right });
  if ("error" in answer) return showNotice(answer.error, true);
  updateChat(chat, ({ turns }) => {
    const now = turns[position];
    if (JSON.stringify(now?.answer) === before) now.judged = { ...now.judged, [key]: String(thumb.dataset.do) };
  });
  if (chat.id === currentChat.id) showJudged(position);
  showNotice(answer.said);
};

/** @param {HTMLElement} button */
const cardOf = (button) => closest(button, ".card");
/** @param {HTMLElement} button */
const quoteOf = (button) => Number(cardOf(button).dataset.quote);

// The quote in the lines that its card shows, and its citation. Pasted into a terminal, a control character could be a
// command; a line of the quote without a mark of its own could pass for another citation.
/** @param {HTMLElement} button @param {number} position */
const citedQuote = (button, position) => {
  const text = printable(quotesOf(currentChat.turns[position].answer)[quoteOf(button)].text);
  const isFlowing = $optional("blockquote.flowing", cardOf(button)) !== null;
  const words = isFlowing ? text.replace(/\s*[\n\u2028\u2029]\s*/g, " ") : text.replace(/[\n\u2028\u2029]/g, "\n> ");
  return `“${words}”\n— ${cardOf(button).dataset.citation}`;
};

/** @param {string} question */
const linkTo = (question) => {
  const url = new URL(location.href);
  url.search = new URLSearchParams({ q: question }).toString();
  url.hash = "";
  return url.href;
};

/** @param {number} position @param {boolean} alone */
const askAgain = (position, alone) => ask(currentChat.turns[position].answer.question, { position, alone });

/** @type {Record<string, (button: HTMLElement, position: number) => unknown>} */
const conversationActions = {
  example: (button) => {
    ask(button.textContent);
    if (hasKeyboard()) questionBox().focus(); // the button is removed
  },
  library: () => openLibrary(),
  redraw: () => drawChat(),
  "earlier-turns": (button) => drawTurns(Number(button.dataset.from)),
  show: (button, position) => openQuote(position, quoteOf(button)),
  next: (button, position) => openNextPlace(position, quoteOf(button)),
  copy: (button, position) => copyText(citedQuote(button, position)),
  right: (button, position) => judge(position, button),
  wrong: (button, position) => judge(position, button),
  link: (button, position) => copyText(linkTo(currentChat.turns[position].answer.question)),
  again: (button, position) => askAgain(position, currentChat.turns[position].alone),
  alone: (button, position) => askAgain(position, true),
  unfold: (button) => {
    closest(button, ".asked").classList.add("unfolded");
    $('[data-do="edit"]', closest(button, ".turn")).focus();
  },
  edit: (button, position) => {
    setEditing(position);
    setQuestion(currentChat.turns[position].answer.question);
    questionBox().focus();
  },
};

/** @param {Event} event */
export const clickConversation = (event) => {
  const button = pressedButton(event);
  /** @type {HTMLElement | null} */
  const card = targetOf(event).closest(".card");
  /** @type {HTMLElement | null} */
  const turn = targetOf(event).closest(".turn");
  const position = Number(turn?.dataset.turn);
  if (button) return conversationActions[String(button.dataset.do)]?.(button, position);
  const isSelecting = String(getSelection()) !== ""; // words in the card, which opening would deselect
  const isLink = targetOf(event).closest("a") !== null; // to the web page that the document is a copy of
  if (card && !isSelecting && !isLink) openQuote(position, Number(card.dataset.quote));
};
