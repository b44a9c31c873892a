// A chat as a file: Markdown to read, or JSON that `python -m qa verify` checks again.

import { showNotice } from "../notices.js";
import { texts } from "../texts/texts.js";
import { currentChat } from "./chats.js";
import { drawWholeChat, turnsFrom } from "./turns.js";

/** @param {string} name @param {string} type @param {string} text */
const download = (name, type, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};

/** @param {string} extension */
const fileName = (extension) => {
  const title = (currentChat.turns[0]?.answer.question ?? "").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `${title.slice(0, 60) || texts().chats}.${extension}`;
};

// Control characters, and those that change the direction of writing, are escaped, which JSON allows for any character.
const asJson = () =>
  JSON.stringify({ conversation: currentChat.turns.map((turn) => turn.answer) }, null, 1)
    .replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

const exportMarkdown = async () => {
  const answer = await turnsFrom("export", 0);
  if ("error" in answer) showNotice(answer.error, true);
  else download(fileName("md"), "text/markdown", `${answer.turns.join("\n\n")}\n`);
};

export const exportActions = {
  "export-markdown": exportMarkdown,
  "export-json": () => download(fileName("json"), "application/json", asJson()),
  // A printed chat is the one that is drawn.
  print: async () => (await drawWholeChat()) && print(),
};
