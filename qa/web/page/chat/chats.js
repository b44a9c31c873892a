// The chats of this browser, each in its own storage entry, and the one that is open in this tab. If two tabs change
// the same chat, the later answer is kept, and the other tab is updated. Only the user deletes chats: when the browser's
// storage is full, a notice says so.

/** @import { Answer, Chat } from "../types.d.ts" */

import { serverRoot } from "../gradio.js";
import { showNotice } from "../notices.js";
import { local, session, stored } from "../storage.js";
import { texts } from "../texts/texts.js";

// Other servers may have their pages below other paths of the same host, where the browser's storage is the same.
const place = new URL(serverRoot(), document.baseURI).pathname.replace(/\/$/, "");
export const CHAT_KEY = `chapter-verse${place}:chat:`;
const CURRENT_KEY = `chapter-verse${place}:current`;

/** @param {any} chat  what the storage has, which may be anything @returns {chat is Chat} */
const isChat = (chat) =>
  typeof chat?.id === "string" && Array.isArray(chat.turns) && Array.isArray(chat.documents) &&
  chat.documents.every((/** @type {any} */ each) => typeof each?.id === "string" && typeof each.title === "string") &&
  chat.turns.every((/** @type {any} */ turn) =>
    typeof turn?.answer?.question === "string" && [turn.answer.quotes, turn.answer.nearest].every(Array.isArray));

export const chats = {
  /** @type {Map<string, Chat>}  chats without turns, and those that the browser has refused to store */
  unstored: new Map(),

  // The chats that have turns, the most recently changed first.
  all() {
    const ids = new Set(this.unstored.keys());
    try {
      Object.keys(localStorage).filter((key) => key.startsWith(CHAT_KEY)).forEach((key) => ids.add(key.slice(CHAT_KEY.length)));
    } catch {
      // the browser keeps nothing for this page
    }
    return [...ids].flatMap((id) => this.get(id) ?? []).filter((each) => each.turns.length).sort((a, b) => b.updated - a.updated);
  },

  /** @param {string | null} id @returns {Chat | null} */
  get(id) {
    const chat = this.unstored.get(String(id)) ?? stored.read(local, CHAT_KEY + id);
    return isChat(chat) ? chat : null;
  },

  /** Returns whether the browser has stored it. @param {Chat} chat */
  save(chat) {
    chat.updated = Date.now();
    this.unstored.set(chat.id, chat);
    return this.store(chat);
  },

  /** @param {Chat} chat */
  store(chat) {
    if (!chat.turns.length) return true;
    if (!stored.write(local, CHAT_KEY + chat.id, chat)) return false;
    this.unstored.delete(chat.id);
    return true;
  },

  // Leaves space, perhaps enough for a chat that the browser has refused.
  /** @param {string} id */
  remove(id) {
    this.unstored.delete(id);
    stored.remove(local, CHAT_KEY + id);
    [...this.unstored.values()].forEach((chat) => this.store(chat));
  },

  /** @returns {Chat} */
  create() {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return { id, updated: Date.now(), documents: [], turns: [] };
  },
};

// The chat that is open in this tab; a reload opens it again.
/** @type {Chat} */
export let currentChat = chats.get(stored.read(session, CURRENT_KEY)) ?? chats.create();

/** @param {Chat} chat */
export const setCurrentChat = (chat) => {
  currentChat = chat;
};

export const rememberCurrentChat = () => stored.write(session, CURRENT_KEY, currentChat.id);

/**
 * Changes the stored version of a chat, which another tab may have changed, or else this tab's version.
 * @param {Chat} chat
 * @param {(chat: Chat) => void} change
 */
export const updateChat = (chat, change) => {
  const updated = chat.id === currentChat.id ? currentChat : chat;
  Object.assign(updated, chats.get(chat.id));
  change(updated);
  if (!chats.save(updated)) showNotice(texts().not_kept, true);
  if (updated === currentChat) rememberCurrentChat();
};

const MOST_HISTORY = 8; // the server uses no more (`qa/ask/conversation.py`)
/** @param {number} position */
export const questionsBefore = (position) =>
  currentChat.turns.slice(0, position).slice(-MOST_HISTORY).map((turn) => turn.answer.question);

// The earlier questions with which a turn was understood.
/** @param {number} position */
export const historyOf = (position) => (currentChat.turns[position].alone ? [] : questionsBefore(position));

/** @param {Answer} answer */
export const quotesOf = (answer) => (answer.answered ? answer.quotes : answer.nearest);
