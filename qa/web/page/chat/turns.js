// The drawn turns of the open chat. Each has its position, from 0, in `data-turn`.

/** @import { Actions, Failure, OpenedCard } from "../types.d.ts" */

import { $, $$, $optional, fromMarkup, fromServer } from "../dom.js";
import { showSentence, undirected } from "../names.js";
import { call, latestOnly } from "../server.js";
import { texts } from "../texts/texts.js";
import { currentChat } from "./chats.js";

export const turnList = () => $(".turns");
/** @param {number} position */
export const turnAt = (position) => $optional(`.turn[data-turn="${position}"]`);

/** @param {Pick<OpenedCard, "turn" | "quote">} card */
export const cardAt = ({ turn, quote }) => {
  const drawn = turnAt(turn);
  return drawn && $optional(`.card[data-quote="${quote}"]`, drawn);
};

/** @param {HTMLElement} turn @param {number} position */
export const withPosition = (turn, position) => {
  turn.dataset.turn = String(position);
  return turn;
};

/** @param {string} question */
export const pendingTurn = (question) => {
  const turn = fromMarkup('<section class="turn"><header><h2 class="question" dir="auto"></h2></header><p class="pending"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span><span></span></p></section>');
  $(".question", turn).textContent = undirected(question);
  $(".pending span:last-child", turn).textContent = texts().searching;
  return turn;
};

// Marks the thumb of each quote that the reader has judged.
/** @param {number} position */
export const showJudged = (position) => {
  const turn = turnAt(position);
  if (!turn) return;
  const judged = currentChat.turns[position].judged ?? {};
  for (const thumbs of $$(".thumbs", turn)) {
    const verdict = judged[/** @type {HTMLElement | null} */ (thumbs.closest(".card"))?.dataset.quote ?? "none"];
    for (const thumb of $$("button", thumbs)) thumb.setAttribute("aria-pressed", String(verdict === thumb.dataset.do));
  }
};

// A chat is drawn when it is opened, after a reload, or in another language: its last turns first, earlier ones on
// request.
const TURNS_AT_ONCE = 20;
const startDrawingTurns = latestOnly();

// Resolves when drawing ends: whether the turns were drawn.
/** @type {Promise<boolean>} */
export let drawing = Promise.resolve(true);

/** @param {number} first the position of the first turn to be drawn */
export const drawTurns = (first) => (drawing = redrawTurns(first));
export const drawChat = () => drawTurns(Math.max(0, currentChat.turns.length - TURNS_AT_ONCE));
export const drawWholeChat = () => ($optional('[data-do="earlier-turns"]') ? drawTurns(0) : drawing);

/** @param {number} first @returns {Promise<boolean>} */
const redrawTurns = async (first) => {
  const isLatest = startDrawingTurns();
  const list = turnList();
  list.setAttribute("aria-busy", "true");
  const answer = currentChat.turns.length ? await turnsFrom("draw", first) : await call("welcome", {});
  if (!isLatest()) return drawing;
  if ("error" in answer) list.replaceChildren(failure(answer.error));
  else if ("html" in answer) list.replaceChildren(fromServer(answer.html));
  else {
    const turns = answer.turns.map((html, i) => withPosition(fromServer(html), first + i));
    list.replaceChildren(...(first ? [earlierButton(first)] : []), ...turns);
    turns.forEach((_, i) => showJudged(first + i));
  }
  list.removeAttribute("aria-busy");
  list.lastElementChild?.scrollIntoView({ block: "start" });
  return !("error" in answer);
};

/**
 * Has the server draw or export the turns from `first` on, in batches of the size that it takes.
 * @template {"draw" | "export"} Name
 * @param {Name} action
 * @param {number} first
 * @returns {Promise<Actions[Name]["reply"] | Failure>}
 */
export const turnsFrom = async (action, first) => {
  /** @type {any[]} */
  const turns = [];
  for (let at = first; at < currentChat.turns.length; at += TURNS_AT_ONCE) {
    const answers = currentChat.turns.slice(at, at + TURNS_AT_ONCE).map((turn) => turn.answer);
    const reply = await call(action, { answers });
    if ("error" in reply) return reply;
    turns.push(...reply.turns);
  }
  return /** @type {any} */ ({ turns });
};

/** @param {number} first */
const earlierButton = (first) => {
  const button = fromMarkup('<button type="button" class="more" data-do="earlier-turns"></button>');
  button.textContent = texts().earlier;
  button.dataset.from = String(Math.max(0, first - TURNS_AT_ONCE));
  return button;
};

/** @param {string} error */
const failure = (error) => {
  const notice = fromMarkup('<div class="welcome"><p class="gone"></p><button type="button" class="text" data-do="redraw"></button></div>');
  showSentence($("p", notice), error);
  $("button", notice).textContent = texts().again;
  return notice;
};
