// The documents to which the questions of the open chat are restricted; none selected means all.

import { currentChat, updateChat } from "../chat/chats.js";
import { questionBox } from "../chat/composer.js";
import { $ } from "../dom.js";
import { isolated, showSentence } from "../names.js";
import { fill, texts } from "../texts/texts.js";

/** @param {string} id @param {string} title @param {boolean} isSelected */
export const setSelected = (id, title, isSelected) => {
  updateChat(currentChat, (chat) => {
    chat.documents = chat.documents.filter((each) => each.id !== id);
    if (isSelected) chat.documents.push({ id, title });
  });
  showSelection();
};

// Names the selected documents above the question box.
export const showSelection = () => {
  const line = $(".asking");
  line.hidden = !currentChat.documents.length;
  const names = currentChat.documents.map(({ id, title }) =>
    (id === title ? isolated(title) : `${isolated(title)} (${isolated(id)})`)); // several may have the same title
  showSentence($("span", line), fill(texts().asking_only, { titles: names.join(", ") }));
};

export const askAllDocuments = () => {
  updateChat(currentChat, (chat) => (chat.documents = []));
  showSelection();
  questionBox().focus();
};
