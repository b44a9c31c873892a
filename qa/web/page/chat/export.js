// A chat as a file: Markdown to read, JSON that `python -m qa verify` proves again.

const download = (name, type, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};

const fileName = (ending) => {
  const title = (chat.turns[0]?.answer.question ?? "").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return `${title.slice(0, 60) || texts().chats}.${ending}`;
};

const asJson = () => JSON.stringify({ conversation: chat.turns.map((turn) => turn.answer) }, null, 1);

const asMarkdown = () =>
  chat.turns
    .map(({ answer }, position) => {
      const quoted = quotesOf(answer).map((quote, number) => {
        const card = cardAt({ turn: position, quote: number });
        if (!card) return `*${texts().gone}*`; // what the page does not show is not given out either
        return `${quote.text.split("\n").map((line) => `> ${line}`).join("\n")}\n\n— ${card.dataset.citation}`;
      });
      const verdict = answer.answered ? [] : [`*${texts().not_answered}* ${texts().nearest}:`];
      return [`## ${answer.question}`, ...verdict, ...quoted].join("\n\n");
    })
    .join("\n\n") + "\n";

// Places, and what is printed, are those of the turns that are drawn: all of them, then.
const inExport = {
  "export-markdown": async () => (await drawWhole()) && download(fileName("md"), "text/markdown", asMarkdown()),
  "export-json": () => download(fileName("json"), "application/json", asJson()),
  print: async () => (await drawWhole()) && print(),
};
