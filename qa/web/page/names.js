// Names in sentences, as source/untrusted_text.py has them: a name must not change how its sentence reads.

const ISOLATE = "\u2068"; // "first strong isolate"
const END_ISOLATE = "\u2069"; // "pop directional isolate"
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g; // eslint-disable-line no-control-regex
const DIRECTIONS = /[\u2028-\u202e\u2066-\u2069]/g;
const RIGHT_TO_LEFT = /[\u200f\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u2800\u3164\ufeff\uffa0";
/* eslint-disable no-misleading-character-class -- each stands for itself */
const LOST = new RegExp(`[\u{e0000}-\u{e0fff}]|(?<![^\\s${UNSEEN}])[${UNSEEN}]|[${UNSEEN}](?![^\\s${UNSEEN}])`, "gu");
const SEEN = new RegExp(`[^\\s${UNSEEN}\u061c\u200e\u200f]`, "u");
/* eslint-enable no-misleading-character-class */

/** @param {string} character */
const picture = (character) => (character === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + character.charCodeAt(0)));

/**
 * A text with a symbol for each control character except tabs and line ends.
 * @param {string} text
 */
export const printable = (text) =>
  text.replace(/\r\n/g, "\n").replace(CONTROLS, picture).replace(/[\u0080-\u009f]/g, "\ufffd");

/**
 * A text that isn't quoted, with a symbol for each control character, each that changes the direction of writing, and
 * each that cannot be seen.
 * @param {string} text
 */
export const undirected = (text) => {
  const shown = printable(text).replace(DIRECTIONS, "\ufffd").replace(LOST, "\ufffd");
  return SEEN.test(shown) ? shown : "\ufffd".repeat([...shown].length);
};

/**
 * A name for use in a sentence.
 * @param {string} name
 */
export const isolated = (name) => {
  const shown = undirected(name).replace(/[\t\n]/g, picture);
  return RIGHT_TO_LEFT.test(shown) ? ISOLATE + shown + END_ISOLATE : shown;
};

/**
 * Fills an element with a sentence; each name that was isolated in it becomes a <bdi>.
 * @param {Element} element
 * @param {string} text
 */
export const showSentence = (element, text) => {
  const parts = text.split(/[\u2068\u2069]/).map((part, i) =>
    i % 2 ? Object.assign(document.createElement("bdi"), { textContent: part }) : part);
  element.replaceChildren(...parts.filter(Boolean));
};
