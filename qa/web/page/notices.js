// Notices in the line above the question box: what was done, or what is wrong.

import { $ } from "./dom.js";
import { showSentence } from "./names.js";
import { texts } from "./texts/texts.js";

let timer = 0;
/** @type {(() => void) | null} */
let undoing = null;

/**
 * Shows a notice. It disappears after some seconds unless something is `wrong`.
 * @param {string} message
 * @param {boolean} [wrong]
 * @param {(() => void) | null} [undo] reverts what was done
 */
export const showNotice = (message, wrong = false, undo = null) => {
  const notice = $(".foot .notice");
  const words = $("span", notice);
  words.setAttribute("role", wrong ? "alert" : "status");
  showSentence(words, message);
  notice.classList.toggle("wrong", wrong);
  undoing = undo;
  $("button", notice).hidden = !undo;
  clearTimeout(timer);
  if (message && !wrong) timer = setTimeout(() => showNotice(""), undo ? 10_000 : 6_000);
};

// Reverts the action that the notice reports.
export const undo = () => {
  const revert = undoing;
  showNotice("");
  revert?.();
};

/** @param {string} text */
export const copyText = async (text) => {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or not a secure origin
    const focused = document.activeElement;
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    copied = document.execCommand("copy");
    box.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
  showNotice(copied ? texts().copied : texts().not_copied, !copied);
};
