// The question box and its buttons: asking, stopping, editing an earlier question.

/** @import { PendingQuestion } from "../types.d.ts" */

import { $, $$ } from "../dom.js";
import { turnAt } from "./turns.js";

// The question whose answer is awaited.
/** @type {PendingQuestion | null} */
export let pending = null;

// Whether a question is still awaited: it may have been stopped meanwhile.
/** @param {PendingQuestion} question */
export const isPending = (question) => pending === question;

// The position of the turn that the question in the box will replace.
/** @type {number | null} */
export let editing = null;

export const questionBox = () => $("textarea", $(".composer"));

export const fitQuestionBox = () => {
  questionBox().style.height = "auto";
  questionBox().style.height = `${Math.min(questionBox().scrollHeight + 2, 200)}px`;
};

/** @param {string} text */
export const setQuestion = (text) => {
  questionBox().value = text;
  fitQuestionBox();
};

/** @param {PendingQuestion | null} question */
export const setPending = (question) => {
  const hadFocus = $(".composer").contains(document.activeElement);
  pending = question;
  $(".composer .ask").hidden = !!question;
  $(".composer .stop").hidden = !question;
  if (hadFocus) questionBox().focus(); // the button that had it is hidden
};

/** @param {number | null} position */
export const setEditing = (position) => {
  editing = position;
  $(".editing").hidden = position === null;
  $$(".turn.edited").forEach((turn) => turn.classList.remove("edited"));
  if (position !== null) turnAt(position)?.classList.add("edited");
};

export const stopEditing = () => {
  setEditing(null);
  setQuestion("");
};
