// A chat as a file: Markdown to read, or JSON that `python -m qa verify` checks again.

import { texts } from "../texts/texts.js";
import { currentChat, quotesOf } from "./chats.js";
import { cardAt, drawWholeChat } from "./turns.js";

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

const asJson = () => JSON.stringify({ conversation: currentChat.turns.map((turn) => turn.answer) }, null, 1);

const asMarkdown = () =>
  currentChat.turns
    .map(({ answer }, position) => {
      const quoted = quotesOf(answer).map((quote, number) => {
        const card = cardAt({ turn: position, quote: number });
        if (!card) return `*${texts().gone}*`; // a quote that the page no longer shows isn't exported either
        return `${quote.text.split("\n").map((line) => `> ${line}`).join("\n")}\n\n— ${card.dataset.citation}`;
      });
      const verdict = answer.answered ? [] : [`*${texts().not_answered}* ${texts().nearest}:`];
      return [`## ${answer.question}`, ...verdict, ...quoted].join("\n\n");
    })
    .join("\n\n") + "\n";

// Markdown takes its citations from the drawn turns, and printing shows them, so both need all turns drawn.
export const exportActions = {
  "export-markdown": async () => (await drawWholeChat()) && download(fileName("md"), "text/markdown", asMarkdown()),
  "export-json": () => download(fileName("json"), "application/json", asJson()),
  print: async () => (await drawWholeChat()) && print(),
};
