// The page as a whole: its start, its frame, and the buttons around the conversation.

/** @import { Chat, Gradio } from "./types.d.ts" */

import { CHAT_KEY, chats, currentChat, rememberCurrentChat, setCurrentChat } from "./chat/chats.js";
import { editing, fitQuestionBox, pending, questionBox, setEditing, setQuestion, stopEditing } from "./chat/composer.js";
import { ask, clickConversation, reloadChat, stop } from "./chat/conversation.js";
import { exportActions } from "./chat/export.js";
import { drawChats } from "./chat/list.js";
import { drawChat } from "./chat/turns.js";
import { closeDocument, followHistory } from "./document/document.js";
import { find, listenToDocument } from "./document/navigation.js";
import { $, $optional, closest, fillFromServer, targetOf } from "./dom.js";
import { gradio, setGradio } from "./gradio.js";
import { hasKeyboard, isSideShown, narrow, narrower, setAppearance, showSide, updateCovered } from "./layout.js";
import { cancelBuild, followBuild } from "./library/builds.js";
import { listenToLibrary, openLibrary } from "./library/library.js";
import { libraryDialog } from "./library/list.js";
import { askAllDocuments, showSelection } from "./library/selection.js";
import { showNotice, undo } from "./notices.js";
import { local, stored } from "./storage.js";
import { detectLanguage, frame, language, setLanguage, texts } from "./texts/texts.js";

const DARK_KEY = "chapter-verse:dark";

/** @param {Chat} chat */
const openChat = (chat) => {
  stop();
  closeDocument();
  stopEditing();
  setCurrentChat(chat);
  rememberCurrentChat();
  showNotice("");
  showSelection();
  drawChats();
  showSide(false);
  return drawChat();
};

/** @param {HTMLElement} button */
const deleteChat = (button) => {
  const id = chatIdOf(button);
  const deleted = chats.get(id);
  chats.remove(id);
  if (id === currentChat.id) openChat(chats.create());
  else drawChats();
  $('[data-do="new-chat"]').focus();
  const restore = deleted && (() => {
    if (!chats.save(deleted)) showNotice(texts().not_kept, true);
    drawChats();
  });
  showNotice(texts().deleted_chat, false, restore);
};

/** @param {HTMLElement} button */
const chatIdOf = (button) => String(closest(button, "li").dataset.id);

/** @type {Record<string, (button: HTMLElement) => unknown>} */
const pageActions = {
  skip: () => questionBox().focus(),
  menu: () => showSide(!isSideShown()),
  "new-chat": () => {
    openChat(chats.create());
    questionBox().focus();
  },
  "open-chat": (button) => {
    openChat(chats.get(chatIdOf(button)) ?? chats.create());
    $optional(".chats [aria-current]")?.focus();
  },
  "delete-chat": deleteChat,
  undo: () => {
    undo();
    questionBox().focus();
  },
  library: () => openLibrary(),
  appearance: () => {
    const dark = !document.body.classList.contains("dark");
    stored.write(local, DARK_KEY, dark);
    setAppearance(dark);
  },
  stop,
  "stop-editing": stopEditing,
  "ask-all": askAllDocuments,
  cancel: cancelBuild,
  ...exportActions,
};

// Listens to the elements of the frame, which is redrawn when the language changes.
const listen = () => {
  $(".conversation").addEventListener("click", clickConversation);
  listenToDocument();
  for (const part of [$(".skip"), $(".side"), $(".scrim"), $(".top"), $(".foot")]) {
    part.addEventListener("click", (event) => {
      /** @type {HTMLElement | null} */
      const button = targetOf(event).closest("[data-do]");
      if (!button) return;
      pageActions[String(button.dataset.do)]?.(button);
      button.closest("details")?.removeAttribute("open");
    });
  }
  const languages = $("select", $(".side"));
  languages.addEventListener("change", () => changeLanguage(languages.value));
  const composer = $("form", $(".foot"));
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(questionBox().value, { position: editing ?? currentChat.turns.length, typed: true });
  });
  questionBox().addEventListener("input", fitQuestionBox);
  questionBox().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!pending) composer.requestSubmit();
  });
  listenToLibrary();
};

const openMenu = () => /** @type {HTMLDetailsElement | null} */ ($optional(".export[open]"));

// Escape closes one thing at a time, the innermost first.
/** @param {KeyboardEvent} event */
const pressEscape = (event) => {
  if (event.key !== "Escape" || libraryDialog().open) return;
  const menu = openMenu();
  const input = /** @type {HTMLInputElement} */ (event.target);
  if (menu) {
    menu.open = false;
    $("summary", menu).focus();
  } else if (pending) stop();
  else if (editing !== null) stopEditing();
  else if (isSideShown()) showSide(false);
  else if (input.name === "find" && input.value) {
    input.value = "";
    find("");
  } else closeDocument();
};

// Closes the menu when anything else is pressed.
/** @param {Event} event */
const closeMenu = (event) => {
  const menu = openMenu();
  if (menu && !menu.contains(targetOf(event))) menu.open = false;
};

/** @param {string} code */
const changeLanguage = (code) => {
  stop();
  setEditing(null);
  setLanguage(code);
  draw();
  $("select", $(".side")).focus();
};

const draw = () => {
  const question = $optional(".composer") ? questionBox().value : "";
  closeDocument();
  fillFromServer(gradio.element, frame());
  document.documentElement.lang = language;
  listen();
  setQuestion(question);
  showSelection();
  drawChats();
  return drawChat();
};

// Updates this tab after another one has changed a chat.
/** @param {StorageEvent} event */
const followTab = ({ key }) => {
  if (!key?.startsWith(CHAT_KEY)) return;
  const id = key.slice(CHAT_KEY.length);
  chats.unstored.delete(id);
  if (id === currentChat.id) reloadChat();
  drawChats();
};

// Asks the question of a link to the page (?q=…) in a new chat. The question is removed from the address, so that a
// reload shows the answer and does not ask again.
const takeLinkedQuestion = () => {
  const url = new URL(location.href);
  const question = url.searchParams.get("q")?.trim();
  if (!question) return null;
  setCurrentChat(chats.create());
  url.searchParams.delete("q");
  history.replaceState(history.state, "", url);
  return question;
};

/**
 * Draws the page and starts it.
 * @param {Gradio} parts
 */
export const start = async (parts) => {
  setGradio(parts);
  detectLanguage();
  const dark = stored.read(local, DARK_KEY);
  if (dark !== null) setAppearance(dark);
  document.addEventListener("keydown", pressEscape);
  document.addEventListener("pointerdown", closeMenu);
  narrower.addEventListener("change", updateCovered);
  narrow.addEventListener("change", () => showSide(false)); // a wide window has room for the chats beside the page
  followHistory();
  addEventListener("storage", followTab);
  const question = takeLinkedQuestion();
  const drawn = draw();
  if (hasKeyboard()) questionBox().focus();
  await drawn;
  if (question) await ask(question);
  followBuild();
};
