// The library: its dialog, and the actions in it.

import { $, $optional, closest, page, pressedButton } from "../dom.js";
import { openDocument } from "../document/document.js";
import { showSide } from "../layout.js";
import { texts } from "../texts/texts.js";
import { addFiles, cancelBuild, followBuild, startChange } from "./builds.js";
import { drawRows, filterBox, libraryDialog } from "./list.js";
import { setSelected } from "./selection.js";

export const openLibrary = async () => {
  showSide(false);
  if (!libraryDialog().open) libraryDialog().showModal();
  followBuild(); // another page may have begun one
  await drawRows(0);
};

// Removing an added file deletes it, so it takes a second click.
/** @param {HTMLElement} button */
const askToRemove = (button) => {
  const original = button.cloneNode();
  button.className = "text";
  button.textContent = button.title = texts().sure_remove;
  button.removeAttribute("aria-label");
  button.dataset.do = "remove-surely";
  const reset = () => button.replaceWith(original);
  button.addEventListener("blur", () => setTimeout(reset, 200), { once: true }); // a click that takes the focus comes first
};

/** @param {HTMLElement} button */
const remove = (button) => {
  const { id, title } = rowOf(button);
  setSelected(id, title, false);
  $(".outcome", libraryDialog()).focus();
  startChange("remove", { documents: [id] });
};

/** @param {Element} element */
const rowOf = (element) => {
  const { id, title } = closest(element, "tr").dataset;
  return { id: String(id), title: String(title) };
};

/** @type {Record<string, (button: HTMLElement) => unknown>} */
const libraryActions = {
  "close-library": () => libraryDialog().close(),
  read: (button) => {
    libraryDialog().close();
    openDocument(rowOf(button).id);
  },
  choose: () => $('input[type="file"]', libraryDialog()).click(),
  rows: (button) => drawRows(Number(button.dataset.first)).then(() => $(".rows", libraryDialog()).focus()),
  rebuild: () => startChange("rebuild", {}),
  cancel: cancelBuild,
  remove: askToRemove,
  "remove-surely": remove,
  "put-back": (button) => startChange("put_back", { documents: [String(closest(button, "li").dataset.id)] }),
};

export const listenToLibrary = () => {
  const dialog = libraryDialog();
  dialog.addEventListener("click", (event) => {
    const button = pressedButton(event);
    if (button) libraryActions[String(button.dataset.do)]?.(button);
  });
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog) dialog.close(); // its backdrop was pressed
  });
  dialog.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const row = input.closest("tr[data-id]");
    if (row) setSelected(rowOf(row).id, rowOf(row).title, input.checked);
    if (input.type === "file") addFiles(input.files ?? []).then(() => (input.value = ""));
  });
  let timer = 0;
  filterBox().addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => drawRows(0), 150);
  });
  listenForFiles();
  $optional(".paste", dialog)?.addEventListener("submit", addPastedText);
};

/** @param {Event} event */
const addPastedText = async (event) => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const fields = new FormData(form);
  const [title, text] = [String(fields.get("title")), String(fields.get("text"))];
  const name = title.trim() || text.trim().split(/\s+/, 6).join(" ");
  if (text.trim() && (await addFiles([new File([text], `${name}.txt`)]))) form.reset();
};

// Adds files that are dropped anywhere on the page. A read-only page ignores them: the browser would leave the page
// to show them.
const listenForFiles = () => {
  const area = $optional(".drop", libraryDialog());
  for (const kind of /** @type {const} */ (["dragover", "dragleave", "drop"])) {
    page().addEventListener(kind, (event) => {
      const { dataTransfer } = event;
      if (!dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      area?.classList.toggle("over", kind === "dragover");
      if (kind !== "drop" || !area) return;
      openLibrary();
      addFiles(dataTransfer.files);
    });
  }
};
