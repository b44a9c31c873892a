// The documents: what is indexed, adding and removing, and which of them are asked.

const shelf = () => $(".shelf");
let rowsFrom = 0;

const openLibrary = async () => {
  showSide(false);
  if (!shelf().open) shelf().showModal();
  follow(); // a build that another page has begun
  await drawRows(0);
};

const isLastRows = lastOfItsKind();
const drawRows = async (first = rowsFrom) => {
  const isLast = isLastRows();
  rowsFrom = first;
  const answer = await call("library", { first, filter: $('[name="filter"]', shelf()).value });
  if (!isLast()) return;
  if (answer.error) return tellLibrary(answer.error, true);
  $(".rows", shelf()).innerHTML = answer.rows;
  for (const row of $$("tr[data-id]", shelf())) {
    $("input", row).checked = chat.documents.some(({ id }) => id === row.dataset.id);
  }
};

const tellLibrary = (message, wrong = false, refused = []) => {
  const outcome = $(".outcome", shelf());
  outcome.classList.toggle("wrong", wrong);
  outcome.replaceChildren();
  const line = (tag, text) => outcome.append(Object.assign(document.createElement(tag), { textContent: text }));
  if (message) line("p", message);
  if (refused.length) {
    line("h3", texts().refused);
    refused.forEach(({ name, why }) => line("p", why.includes(name) ? why : `${name}: ${why}`));
  }
};

// Which documents are asked; none named are all.
const choose = (id, title, isAsked) => {
  amend(chat, (kept) => {
    kept.documents = kept.documents.filter((each) => each.id !== id);
    if (isAsked) kept.documents.push({ id, title });
  });
  showAsked();
};

const showAsked = () => {
  const line = $(".asking");
  line.hidden = !chat.documents.length;
  $("span", line).textContent = fill(texts().asking_only, { titles: chat.documents.map(({ title }) => title).join(", ") });
};

const askAll = () => {
  amend(chat, (kept) => (kept.documents = []));
  showAsked();
  questionBox().focus();
};

const askToRemove = (button) => {
  const before = button.cloneNode();
  button.className = "text";
  button.textContent = button.title = texts().sure_remove;
  button.removeAttribute("aria-label");
  button.dataset.do = "remove-surely";
  const asBefore = () => button.replaceWith(before);
  button.addEventListener("blur", () => setTimeout(asBefore, 200), { once: true }); // after the click that took the focus
};

const removeSurely = (button) => {
  const { id, title } = button.closest("tr").dataset;
  choose(id, title, false);
  $(".outcome", shelf()).focus();
  change("remove", { documents: [id] });
};

const inLibrary = {
  "close-library": () => shelf().close(),
  read: (button) => {
    shelf().close();
    openDocument(button.closest("tr").dataset.id);
  },
  choose: () => $('input[type="file"]', shelf()).click(),
  rows: (button) => drawRows(Number(button.dataset.first)).then(() => $(".rows", shelf()).focus()),
  rebuild: () => change("rebuild"),
  cancel,
  remove: askToRemove, // an added file is deleted: it takes a second click
  "remove-surely": removeSurely,
  "put-back": (button) => change("put_back", { documents: [button.closest("li").dataset.id] }),
};

const listenToLibrary = () => {
  shelf().addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) inLibrary[button.dataset.do]?.(button);
  });
  shelf().addEventListener("pointerdown", (event) => {
    if (event.target === shelf()) shelf().close(); // beside it
  });
  shelf().addEventListener("change", (event) => {
    const row = event.target.closest("tr[data-id]");
    if (row) choose(row.dataset.id, row.dataset.title, event.target.checked);
    if (event.target.type === "file") addFiles(event.target.files).then(() => (event.target.value = ""));
  });
  let typing = 0;
  $('[name="filter"]', shelf()).addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => drawRows(0), 150);
  });
  listenForFiles($(".drop", shelf()));
  $(".paste", shelf())?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { title, text } = Object.fromEntries(new FormData(event.target));
    const name = title.trim() || text.trim().split(/\s+/, 6).join(" ");
    if (text.trim() && (await addFiles([new File([text], `${name}.txt`)]))) event.target.reset();
  });
};

// A file that is dropped anywhere on the page is added, or nothing happens; the browser would leave the page for it.
const listenForFiles = (drop) => {
  for (const kind of ["dragover", "dragleave", "drop"]) {
    page().addEventListener(kind, (event) => {
      if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
      event.preventDefault();
      drop?.classList.toggle("over", kind === "dragover");
      if (kind !== "drop" || !drop) return;
      openLibrary();
      addFiles(event.dataTransfer.files);
    });
  }
};
