// The page as a whole: its frame, the list of chats, and who hears what.

const drawChats = () => {
  const list = $(".chats");
  list.replaceChildren(
    ...chats.all().map((each) => {
      const item = make('<li><button type="button" data-do="open-chat"></button><button type="button" class="icon" data-do="delete-chat"></button></li>');
      const [open, drop] = item.children;
      const title = each.turns[0].answer.question;
      item.dataset.id = each.id;
      open.textContent = open.title = title;
      open.dir = "auto";
      if (each.id === chat.id) open.setAttribute("aria-current", "page");
      drop.title = texts().delete_chat;
      drop.setAttribute("aria-label", `${texts().delete_chat}: ${title}`);
      return item;
    }),
  );
};

const openChat = (next) => {
  stop();
  closeReading();
  setEditing(null);
  setQuestion("");
  chat = next;
  remembered.write(session, CURRENT, chat.id);
  say("");
  showAsked();
  drawChats();
  showSide(false);
  return drawChat();
};

// On narrow windows the chats lie over the page.
const showSide = (shown) => {
  if (shown === isSideShown()) return;
  page().classList.toggle("with-side", shown);
  const menu = $('.top [data-do="menu"]');
  menu.setAttribute("aria-expanded", String(shown));
  showCovered();
  (shown ? $(".side button") : menu).focus();
};

const setAppearance = (dark) => {
  document.body.classList.toggle("dark", dark);
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
};

const inPage = {
  skip: () => questionBox().focus(),
  menu: () => showSide(!isSideShown()),
  "new-chat": () => {
    openChat(chats.fresh());
    questionBox().focus();
  },
  "open-chat": (button) => {
    openChat(chats.get(button.parentElement.dataset.id) ?? chats.fresh());
    $(".chats [aria-current]")?.focus();
  },
  "delete-chat": (button) => {
    const { id } = button.parentElement.dataset;
    const gone = chats.get(id);
    chats.drop(id);
    if (id === chat.id) openChat(chats.fresh());
    else drawChats();
    $('[data-do="new-chat"]').focus();
    say(texts().deleted_chat, false, gone && (() => {
      chats.save(gone);
      drawChats();
    }));
  },
  undo: () => {
    undoing?.();
    say("");
    questionBox().focus();
  },
  library: () => openLibrary(),
  appearance: () => {
    const dark = !document.body.classList.contains("dark");
    remembered.write(local, "chapter-verse:dark", dark);
    setAppearance(dark);
  },
  stop,
  "stop-editing": () => {
    setEditing(null);
    setQuestion("");
  },
  "ask-all": askAll,
  cancel,
  ...inExport,
};

const listen = () => {
  $(".conversation").addEventListener("click", clickConversation);
  listenToReading();
  for (const part of [$(".skip"), $(".side"), $(".scrim"), $(".top"), $(".foot")]) {
    part.addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (!button) return;
      inPage[button.dataset.do]?.(button);
      button.closest("details")?.removeAttribute("open");
    });
  }
  $(".language").addEventListener("change", (event) => setLanguage(event.target.value));
  $(".composer").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(questionBox().value, { position: editing ?? chat.turns.length, typed: true });
  });
  questionBox().addEventListener("input", fit);
  questionBox().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!underway) $(".composer").requestSubmit();
  });
  listenToLibrary();
};

// One thing at a time is put away by Escape: the innermost.
const pressEscape = (event) => {
  if (event.key !== "Escape" || shelf().open) return;
  const menu = $(".export[open]");
  if (menu) {
    menu.open = false;
    $("summary", menu).focus();
  } else if (underway) stop();
  else if (editing !== null) inPage["stop-editing"]();
  else if (isSideShown()) showSide(false);
  else if (event.target.name === "find" && event.target.value) {
    event.target.value = "";
    find("");
  } else closeReading();
};

const pressElsewhere = (event) => {
  const menu = $(".export[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
};

const setLanguage = (code) => {
  stop();
  setEditing(null);
  language = code;
  remembered.write(local, "chapter-verse:language", code);
  draw();
  $(".language").focus();
};

const draw = () => {
  const question = $(".composer textarea")?.value ?? "";
  if (page()) closeReading();
  root.innerHTML = KNOWN.frames[language];
  document.documentElement.lang = language;
  listen();
  setQuestion(question);
  showAsked();
  drawChats();
  return drawChat();
};

// Another tab has changed a chat.
const followTab = (id) => {
  chats.held.delete(id);
  if (id === chat.id) takeOver();
  drawChats();
};

const start = async () => {
  const dark = remembered.read(local, "chapter-verse:dark");
  if (dark !== null) setAppearance(dark);
  document.addEventListener("keydown", pressEscape);
  document.addEventListener("pointerdown", pressElsewhere);
  covering.addEventListener("change", showCovered);
  narrow.addEventListener("change", () => showSide(false)); // on wide ones they stand beside it
  addEventListener("popstate", (event) => {
    if (!event.state?.reading) closeReading();
    else if (!reading) history.replaceState({ reading: false }, "");
  });
  if (history.state?.reading) history.replaceState({ reading: false }, ""); // nothing lies open after a reload
  addEventListener("storage", (event) => event.key?.startsWith(CHAT) && followTab(event.key.slice(CHAT.length)));
  const asked = new URLSearchParams(location.search).get("q");
  if (asked?.trim()) {
    chat = chats.fresh();
    const url = new URL(location.href);
    url.searchParams.delete("q");
    history.replaceState(history.state, "", url); // a reload shows the answer and does not ask again
  }
  const drawn = draw();
  if (hasKeyboard()) questionBox().focus();
  await drawn;
  if (asked?.trim()) await ask(asked);
  follow();
};

start();
