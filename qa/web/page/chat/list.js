// The list of chats at the side.

import { $, fromMarkup } from "../dom.js";
import { isolated, undirected } from "../names.js";
import { texts } from "../texts/texts.js";
import { chats, currentChat } from "./chats.js";

/** @import { Chat } from "../types.d.ts" */

export const drawChats = () => $(".chats").replaceChildren(...chats.all().map(item));

/** @param {Chat} chat */
const item = (chat) => {
  const entry = fromMarkup('<li><button type="button" data-do="open-chat"></button><button type="button" class="icon" data-do="delete-chat"></button></li>');
  const [open, remove] = /** @type {Iterable<HTMLElement>} */ (/** @type {unknown} */ (entry.children));
  const title = chat.turns[0].answer.question;
  entry.dataset.id = chat.id;
  open.textContent = undirected(title);
  open.title = isolated(title);
  open.dir = "auto";
  if (chat.id === currentChat.id) open.setAttribute("aria-current", "page");
  remove.title = texts().delete_chat;
  remove.setAttribute("aria-label", `${texts().delete_chat}: ${isolated(title)}`);
  return entry;
};
