// Questions and answers.

let underway = null; // the question that is being looked up: { question, position, takeBack }
let editing = null; // the position of the turn that the question box will replace

const questionBox = () => $(".composer textarea");

const fit = () => {
  questionBox().style.height = "auto";
  questionBox().style.height = `${Math.min(questionBox().scrollHeight + 2, 200)}px`;
};

const setQuestion = (text) => {
  questionBox().value = text;
  fit();
};

const setUnderway = (asked) => {
  const lost = $(".composer").contains(document.activeElement);
  underway = asked;
  $(".composer .ask").hidden = !!asked;
  $(".composer .stop").hidden = !asked;
  if (lost) questionBox().focus(); // the button that had the focus is gone
};

const setEditing = (position) => {
  editing = position;
  $(".editing").hidden = position === null;
  $$(".turn.edited").forEach((turn) => turn.classList.remove("edited"));
  if (position !== null) turnAt(position)?.classList.add("edited");
};

// Takes over what another tab has kept of this chat: at once, or when the question that is looked up has come to its end.
let isBehind = false;
const takeOver = () => {
  isBehind = !!underway;
  if (underway) return;
  chat = chats.get(chat.id) ?? chats.fresh();
  setEditing(null);
  showAsked();
  if (shelf().open) drawRows();
  drawChat();
};

// Asks a question: at the end of the chat, or in place of the turn in `position`. Another question
// there takes those after it away, which may have leant on it.
const ask = async (question, { position = chat.turns.length, alone = false, typed = false } = {}) => {
  question = question.trim();
  if (!question || underway) return;
  const asked = { question, position, typed, takeBack: () => {} };
  const asks = chat;
  setUnderway(asked);
  setEditing(null);
  if (typed) setQuestion("");
  say("");
  const isDrawn = (await drawing) || (await drawChat()); // who asks at once after a reload finds the chat as it was
  if (underway !== asked) return;
  if (!isDrawn) return stop();
  const isNew = position >= asks.turns.length;
  const same = asks.turns[position]?.answer.question === question;
  const pending = numbered(pendingTurn(question), position);
  asked.takeBack = showPending(pending, position, same);
  const history = alone ? [] : questionsBefore(position);
  const answer = await call("ask", { question, history, documents: asks.documents.map(({ id }) => id) });
  await drawing; // it may be drawn anew
  if (underway !== asked) return;
  if (answer.error) {
    stop();
    return say(answer.error, true);
  }
  setUnderway(null);
  amend(asks, ({ turns }) => turns.splice(isNew ? turns.length : position, same ? 1 : Infinity, { answer: answer.answer, alone, judged: {} }));
  if (isBehind || !pending.isConnected) takeOver();
  else showAnswer(pending, numbered(make(answer.html), position));
  drawChats();
};

const showAnswer = (pending, turn) => {
  const lost = document.activeElement === document.body; // what had the focus was in the turn that is replaced
  pending.replaceWith(turn);
  turn.scrollIntoView({ block: "start" });
  if (lost) ($('[data-do="again"]', turn) ?? questionBox()).focus({ preventScroll: true });
};

// Gives a way to have it all again as it was.
const showPending = (pending, position, inPlace) => {
  const host = turnsHost();
  const before = [...host.children];
  $(".welcome", host)?.remove();
  if (inPlace) turnAt(position).replaceWith(pending);
  else {
    for (const turn of $$(".turn", host)) if (Number(turn.dataset.turn) >= position) turn.remove();
    host.append(pending);
  }
  pending.scrollIntoView({ block: "start", behavior: still() ? "auto" : "smooth" });
  return () => host.replaceChildren(...before);
};

// The chat is as it was before the question, which stands in its box again.
const stop = () => {
  if (!underway) return;
  const { question, position, typed, takeBack } = underway;
  takeBack();
  setUnderway(null);
  if (typed && !questionBox().value) setQuestion(question);
  if (isBehind) takeOver();
  else if (typed && position < chat.turns.length) setEditing(position);
  say(texts().stopped);
};

const judge = async (position, thumb) => {
  const judged = chat;
  const turn = judged.turns[position];
  const given = JSON.stringify(turn.answer);
  const card = thumb.closest(".card");
  const key = card?.dataset.quote ?? "none";
  const quote = card ? quotesOf(turn.answer)[Number(key)] : null;
  const right = thumb.dataset.do === "right";
  const answer = await call("judge", { question: turn.answer.question, history: contextOf(position), quote, right });
  if (answer.error) return say(answer.error, true);
  amend(judged, ({ turns }) => {
    const now = turns[position];
    if (JSON.stringify(now?.answer) === given) now.judged = { ...now.judged, [key]: thumb.dataset.do };
  });
  if (judged.id === chat.id && turnAt(position)) showJudged(position);
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
    if (hasKeyboard()) questionBox().focus(); // the button goes away
  },
  library: () => openLibrary(),
  redraw: () => drawChat(),
  "earlier-turns": (button) => (drawing = drawTurns(Number(button.dataset.from))),
  show: (button, position, card) => openQuote(position, Number(card.dataset.quote)),
  next: (button, position, card) => openNextPlace(position, Number(card.dataset.quote)),
  copy: (button, position, card) => copyText(citedText(card, position)),
  right: (button, position) => judge(position, button),
  wrong: (button, position) => judge(position, button),
  link: (button, position) => copyText(linkTo(chat.turns[position].answer.question)),
  again: (button, position) => ask(chat.turns[position].answer.question, { position, alone: chat.turns[position].alone }),
  alone: (button, position) => ask(chat.turns[position].answer.question, { position, alone: true }),
  unfold: (button) => {
    button.closest(".asked").classList.add("unfolded");
    button.closest(".turn").querySelector('[data-do="edit"]').focus();
  },
  edit: (button, position) => {
    setEditing(position);
    setQuestion(chat.turns[position].answer.question);
    questionBox().focus();
  },
};

const clickConversation = (event) => {
  const button = event.target.closest("button[data-do]");
  const card = event.target.closest(".card");
  const position = Number(event.target.closest(".turn")?.dataset.turn);
  if (button) return inConversation[button.dataset.do]?.(button, position, card);
  if (card && !String(getSelection())) openQuote(position, Number(card.dataset.quote)); // words being selected stay so
};
