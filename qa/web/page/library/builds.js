// Changes to the documents, each of which builds the index. This page knows the builds that it began by their tickets,
// and no other page gets their outcome.

/** @import { Actions, Build, Change, Failure, Refusal, StartedChange } from "../types.d.ts" */

import { currentChat } from "../chat/chats.js";
import { pending } from "../chat/composer.js";
import { drawChat } from "../chat/turns.js";
import { $, $$ } from "../dom.js";
import { gradio } from "../gradio.js";
import { isolated } from "../names.js";
import { showNotice } from "../notices.js";
import { TRIES, call, sleep } from "../server.js";
import { fill, texts } from "../texts/texts.js";
import { drawRows, libraryDialog, showLibraryNotice } from "./list.js";

const MEGABYTE = 1024 * 1024;

let isFollowing = false;
/** @type {StartedChange[]}  whose outcome isn't shown yet, in the order in which they are made */
const started = [];

/**
 * Begins a change and follows its build to the end. Returns whether it was begun.
 * @template {Change} Name
 * @param {Name} action
 * @param {Actions[Name]["fields"]} fields
 * @param {Refusal[]} [refused] files that were refused before
 */
export const startChange = async (action, fields, refused = []) => {
  showLibraryNotice("");
  const retry = () => startChange(action, fields, refused);
  const answer = await call(action, fields);
  if ("error" in answer) {
    showLibraryNotice(answer.error, true, refused, retry);
    return false;
  }
  started.push({ ticket: answer.ticket, refused, retry });
  followBuild();
  return true;
};

// The progress of this page's first change, or else of another page's. A failed request says nothing about the build,
// and is repeated.
/** @returns {Promise<Build | Failure>} */
const progress = async () => {
  for (let tries = TRIES; ; tries -= 1) {
    const build = await call("progress", { ticket: started[0]?.ticket ?? null });
    if (!("error" in build) || tries <= 1) return build;
    await sleep(1000);
  }
};

// Shows the progress of builds until they end; another page may have begun the first.
export const followBuild = async () => {
  if (isFollowing) return;
  isFollowing = true;
  do {
    let build = await progress();
    const isNews = ("state" in build && build.state === "running") || started.length;
    while ("state" in build && build.state === "running") {
      showProgress(build);
      await sleep(250);
      build = await progress();
    }
    showProgress(null);
    if ("error" in build) {
      if (isNews) showLibraryNotice(build.error, true);
      break; // the tickets are kept, to ask for the outcome again
    }
    if (isNews) showOutcome(build, started.shift());
  } while (started.length);
  isFollowing = false;
};

/** @param {Build} build @param {StartedChange} [change] */
const showOutcome = (build, change) => {
  if (change && build.ticket === change.ticket) {
    const wrong = build.state === "failed" || build.state === "broken";
    const retry = build.state === "done" ? null : change.retry;
    showLibraryNotice(build.report, wrong, [...build.refused, ...change.refused], retry);
    if (!libraryDialog().open) showNotice(build.report, wrong);
  }
  if (libraryDialog().open) drawRows();
  if (!currentChat.turns.length && !pending) drawChat();
};

/** @param {Build | { step: string } | null} build */
const showProgress = (build) => {
  for (const shown of $$(".building")) {
    shown.hidden = !build;
    if (!build) continue;
    const { step, ticket = "", done = 0, total = 0 } = /** @type {Build} */ (build);
    const words = $("span", shown);
    if (words.textContent !== step) words.textContent = step; // a screen reader would repeat it
    $("button", shown).hidden = !ticket; // of another page's change, which only that page can cancel
    $("button", shown).dataset.ticket = ticket;
    const bar = $("progress", shown);
    if (total) bar.value = done / total;
    else bar.removeAttribute("value");
  }
};

/** @param {HTMLElement} button */
export const cancelBuild = (button) => call("cancel", { ticket: button.dataset.ticket ?? "" });

/**
 * Uploads files and has them added. Returns whether a build has begun.
 * @param {Iterable<File>} list
 */
export const addFiles = async (list) => {
  const { maxFiles, maxUpload } = gradio.known;
  /** @type {Refusal[]} */
  const refused = [];
  const files = [];
  /** @param {File} file @param {string} why */
  const refuse = (file, why) => refused.push({ name: file.name, why: fill(why, { name: isolated(file.name), most: maxUpload }) });
  showProgress({ step: texts().uploading });
  for (const [i, file] of [...list].entries()) {
    if (i >= maxFiles) refuse(file, texts().too_many);
    else if (file.size > maxUpload * MEGABYTE) refuse(file, texts().too_large);
    else {
      try {
        files.push({ name: file.name, path: (await gradio.upload(file)).path });
      } catch {
        refuse(file, texts().not_uploaded);
      }
    }
  }
  showProgress(null);
  if (files.length) return startChange("add", { files }, refused);
  if (refused.length) showLibraryNotice("", true, refused);
  return false;
};
