// Questions and answers.

let asking = null; // the question that is being looked up; another one, or none, once it was stopped
let editing = null; // the position of the turn that the question box will replace
let opened = null; // the card whose document lies open: { turn, quote }

const turnsHost = () => $(".turns");
const box = () => $(".composer textarea");
const turnAt = (position) => turnsHost().children[position];
const positionOf = (inside) => [...turnsHost().children].indexOf(inside.closest(".turn"));

const fit = () => {
  box().style.height = "auto";
  box().style.height = `${Math.min(box().scrollHeight + 2, 200)}px`;
};

const setQuestion = (text) => {
  box().value = text;
  fit();
};

const setBusy = (busy) => {
  $(".composer .ask").hidden = busy;
  $(".composer .stop").hidden = !busy;
};

const setEditing = (position) => {
  editing = position;
  $(".editing").hidden = position === null;
  $$(".turn.edited").forEach((turn) => turn.classList.remove("edited"));
  if (position !== null) turnAt(position).classList.add("edited");
};

const pendingTurn = (question) => {
  const turn = make('<section class="turn"><header><h2 class="question" dir="auto"></h2></header><p class="pending"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span><span></span></p></section>');
  $(".question", turn).textContent = question;
  $(".pending span:last-child", turn).textContent = texts().searching;
  return turn;
};

const showJudged = (position) => {
  const { judged = {} } = chat.turns[position];
  for (const thumbs of $$(".thumbs", turnAt(position))) {
    const said = judged[thumbs.closest(".card")?.dataset.quote ?? "none"];
    for (const thumb of $$("button", thumbs)) thumb.setAttribute("aria-pressed", String(said === thumb.dataset.do));
  }
};

const showOpened = () => {
  for (const card of $$(".card[data-open]")) card.removeAttribute("data-open");
  if (opened) cardAt(opened)?.setAttribute("data-open", "");
};
const cardAt = ({ turn, quote }) => turnAt(turn) && $(`.card[data-quote="${quote}"]`, turnAt(turn));

// The whole chat anew: after a reload, in another language, or when another chat is opened.
let drawing = Promise.resolve();
const drawChat = () => (drawing = drawTurns());

const drawTurns = async () => {
  const drawn = chat;
  const answers = chat.turns.map((turn) => turn.answer);
  const answer = answers.length ? await call("draw", { answers }) : await call("welcome");
  if (drawn !== chat) return;
  if (answer.error) return say(answer.error, true);
  if (answers.length) turnsHost().replaceChildren(...answer.turns.map(make));
  else turnsHost().replaceChildren(make(answer.html));
  answers.forEach((_, position) => showJudged(position));
  turnsHost().lastElementChild?.scrollIntoView({ block: "start" });
};

// Asks a question: at the end of the chat, or in place of the turn in `position`. Another question
// there takes those after it away, which may have leant on it.
const ask = async (question, { position = chat.turns.length, alone = false } = {}) => {
  question = question.trim();
  if (!question || asking) return;
  const asked = (asking = { question, takeBack: () => {} });
  const history = alone ? [] : chat.turns.slice(0, position).map((turn) => turn.answer.question);
  const same = chat.turns[position]?.answer.question === question;
  const pending = pendingTurn(question);
  setEditing(null);
  setQuestion("");
  setBusy(true);
  say("");
  await drawing; // who asks at once after a reload finds the chat as it was
  if (asking !== asked) return;
  asked.takeBack = showPending(pending, position, same);
  const answer = await call("ask", { question, history, documents: chat.documents.map(({ id }) => id) });
  if (asking !== asked) return;
  asking = null;
  setBusy(false);
  if (answer.error) {
    asked.takeBack();
    setQuestion(question);
    return say(answer.error, true);
  }
  chat.turns.splice(position, same ? 1 : Infinity, { answer: answer.answer, alone, judged: {} });
  const turn = make(answer.html);
  pending.replaceWith(turn);
  turn.scrollIntoView({ block: "start" });
  keep();
  drawChats();
};

// Gives a way to have it all again as it was.
const showPending = (pending, position, inPlace) => {
  const host = turnsHost();
  const before = [...host.children];
  $(".welcome", host)?.remove();
  if (inPlace) host.children[position].replaceWith(pending);
  else host.replaceChildren(...[...host.children].slice(0, position), pending);
  pending.scrollIntoView({ block: "start", behavior: still() ? "auto" : "smooth" });
  return () => host.replaceChildren(...before);
};

const stop = () => {
  if (!asking) return;
  asking.takeBack();
  setQuestion(asking.question);
  asking = null;
  setBusy(false);
  say(texts().stopped);
};

const judge = async (position, thumb) => {
  const turn = chat.turns[position];
  const card = thumb.closest(".card");
  const key = card?.dataset.quote ?? "none";
  const quote = card ? quotesOf(turn.answer)[Number(key)] : null;
  const history = historyBefore(position);
  const fields = { question: turn.answer.question, history, quote, right: thumb.dataset.do === "right" };
  const answer = await call("judge", fields);
  if (answer.error) return say(answer.error, true);
  turn.judged = { ...turn.judged, [key]: thumb.dataset.do };
  keep();
  showJudged(position);
  say(answer.said);
};

const citedText = (card, position) =>
  `“${quotesOf(chat.turns[position].answer)[Number(card.dataset.quote)].text}”\n— ${card.dataset.citation}`;

const linkTo = (question) => {
  const url = new URL(location.href);
  url.search = new URLSearchParams({ q: question });
  url.hash = "";
  return url.href;
};

// What the buttons in the conversation do.
const inConversation = {
  example: (button) => {
    ask(button.textContent);
    // The button goes away; a keyboard that is there (not one that would slide up) goes on in the box.
    if (matchMedia("(hover: hover)").matches) box().focus();
  },
  show: (button, position, card) => openQuote(position, Number(card.dataset.quote)),
  next: (button, position, card) => openElsewhere(position, Number(card.dataset.quote)),
  copy: (button, position, card) => copyText(citedText(card, position)),
  right: (button, position) => judge(position, button),
  wrong: (button, position) => judge(position, button),
  link: (button, position) => copyText(linkTo(chat.turns[position].answer.question)),
  again: (button, position) => ask(chat.turns[position].answer.question, { position, alone: chat.turns[position].alone }),
  alone: (button, position) => ask(chat.turns[position].answer.question, { position, alone: true }),
  library: () => openLibrary(),
  unfold: (button) => {
    const folded = button.closest(".asked").classList.toggle("unfolded");
    button.setAttribute("aria-expanded", String(folded));
  },
  edit: (button, position) => {
    setEditing(position);
    setQuestion(chat.turns[position].answer.question);
    box().focus();
  },
};

const clickConversation = (event) => {
  const button = event.target.closest("button[data-do]");
  const card = event.target.closest(".card");
  const turn = event.target.closest(".turn");
  if (button) return inConversation[button.dataset.do]?.(button, turn && positionOf(turn), card);
  if (card && !String(getSelection())) openQuote(positionOf(turn), Number(card.dataset.quote)); // words being selected stay so
};
