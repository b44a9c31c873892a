// The documents: what is indexed, adding and removing, and which of them are asked.

const shelf = () => $(".shelf");
let rowsFrom = 0;
let following = false;
let lastBuild = 0; // the number of the build whose outcome was shown

const openLibrary = async () => {
  if (!shelf().open) shelf().showModal();
  await drawRows(0);
};

const drawRows = async (first = rowsFrom) => {
  rowsFrom = first;
  const answer = await call("library", { first, filter: $('[name="filter"]', shelf()).value });
  if (answer.error) return tellLibrary(answer.error, true);
  $(".rows", shelf()).innerHTML = answer.rows;
  for (const row of $$("tr[data-id]", shelf())) {
    $("input", row).checked = chat.documents.some(({ id }) => id === row.dataset.id);
  }
};

const tellLibrary = (message, wrong = false, refused = []) => {
  const outcome = $(".outcome", shelf());
  outcome.replaceChildren();
  outcome.classList.toggle("wrong", wrong);
  const line = (tag, text) => outcome.append(Object.assign(document.createElement(tag), { textContent: text }));
  if (message) line("p", message);
  if (refused.length) {
    line("h3", texts().refused);
    refused.forEach(({ name, why }) => line("p", `${name}: ${why}`));
  }
};

// Which documents are asked; none named are all.
const choose = (id, title, asked) => {
  chat.documents = chat.documents.filter((each) => each.id !== id);
  if (asked) chat.documents.push({ id, title });
  keep();
  showAsked();
};

const showAsked = () => {
  const asking = $(".asking");
  asking.hidden = !chat.documents.length;
  $("span", asking).textContent = fill(texts().asking_only, { titles: chat.documents.map(({ title }) => title).join(", ") });
};

const askAll = () => {
  chat.documents = [];
  keep();
  showAsked();
  $$(".rows input", shelf()).forEach((tick) => (tick.checked = false));
};

// Begins a change and follows it to its end, on this page and in the library.
const change = async (action, fields) => {
  tellLibrary("");
  const answer = await call(action, fields);
  if (answer.error) return tellLibrary(answer.error, true);
  lastBuild = answer.number - 1;
  return follow();
};

const follow = async () => {
  if (following) return;
  following = true;
  let build = await call("progress");
  while (build.state === "running") {
    showBuilding(build);
    await new Promise((resolve) => setTimeout(resolve, 250));
    build = await call("progress");
  }
  following = false;
  showBuilding(null);
  if (build.error) return tellLibrary(build.error, true);
  if (build.number === lastBuild) return;
  lastBuild = build.number;
  const wrong = build.state === "failed" || build.state === "broken";
  tellLibrary(build.report, wrong, build.refused);
  if (!shelf().open) say(build.report, wrong);
  if (shelf().open) drawRows();
  if (!chat.turns.length) drawChat();
};

const showBuilding = (build) => {
  for (const shown of $$(".building")) {
    shown.hidden = !build;
    if (!build) continue;
    $("span", shown).textContent = build.step;
    const bar = $("progress", shown);
    if (build.total) bar.value = build.done / build.total;
    else bar.removeAttribute("value");
  }
};

const addFiles = async (list) => {
  const files = [...list].slice(0, KNOWN.maxFiles);
  const most = KNOWN.maxUpload * 1024 * 1024;
  const large = files.filter((file) => file.size > most);
  const refused = large.map(({ name }) => ({ name, why: fill(texts().too_large, { name, most: KNOWN.maxUpload }) }));
  const given = [];
  showBuilding({ step: texts().uploading });
  for (const file of files.filter((each) => !large.includes(each))) {
    try {
      given.push({ name: file.name, path: (await upload(file)).path });
    } catch (error) {
      refused.push({ name: file.name, why: texts().not_uploaded });
    }
  }
  showBuilding(null);
  if (given.length) await change("add", { files: given });
  if (refused.length) tellLibrary("", true, refused);
};

const inLibrary = {
  "close-library": () => shelf().close(),
  read: (button) => {
    shelf().close();
    openDocument(button.closest("tr").dataset.id);
  },
  choose: () => $('input[type="file"]', shelf()).click(),
  rows: (button) => drawRows(Number(button.dataset.first)),
  rebuild: () => change("rebuild"),
  cancel: () => call("cancel"),
  remove: (button) => {
    if (!button.dataset.sure) { // an added file is deleted: it takes a second click
      Object.assign(button.dataset, { sure: "asked" });
      Object.assign(button, { className: "text", textContent: texts().sure_remove });
      return button.addEventListener("blur", () => drawRows(), { once: true });
    }
    const { id, title } = button.closest("tr").dataset;
    choose(id, title, false);
    change("remove", { documents: [id] });
  },
  "put-back": (button) => change("put_back", { documents: [button.closest("li").dataset.id] }),
};

const listenToLibrary = () => {
  shelf().addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) inLibrary[button.dataset.do]?.(button);
    else if (event.target === shelf()) shelf().close(); // beside it
  });
  shelf().addEventListener("change", (event) => {
    const row = event.target.closest("tr[data-id]");
    if (row) choose(row.dataset.id, row.dataset.title, event.target.checked);
    if (event.target.type === "file") addFiles(event.target.files).then(() => (event.target.value = ""));
  });
  $('[name="filter"]', shelf()).addEventListener("input", () => drawRows(0));
  const drop = $(".drop", shelf());
  if (!drop) return; // for reading alone
  for (const kind of ["dragover", "dragleave", "drop"]) {
    shelf().addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") addFiles(event.dataTransfer.files);
    });
  }
  $(".paste", shelf()).addEventListener("submit", (event) => {
    event.preventDefault();
    const { title, text } = Object.fromEntries(new FormData(event.target));
    const name = title.trim() || text.trim().split(/\s+/, 6).join(" ");
    if (text.trim()) addFiles([new File([text], `${name}.txt`)]).then(() => event.target.reset());
  });
};
