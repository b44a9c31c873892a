// The turns of the chat as they are drawn. Each says in `data-turn` which it is, from 0.

const turnsHost = () => $(".turns");
const turnAt = (position) => $(`.turn[data-turn="${position}"]`);
const numbered = (turn, position) => {
  turn.dataset.turn = position;
  return turn;
};

const pendingTurn = (question) => {
  const turn = make('<section class="turn"><header><h2 class="question" dir="auto"></h2></header><p class="pending"><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span><span></span></p></section>');
  $(".question", turn).textContent = question;
  $(".pending span:last-child", turn).textContent = texts().searching;
  return turn;
};

const showJudged = (position) => {
  const judged = chat.turns[position].judged ?? {};
  for (const thumbs of $$(".thumbs", turnAt(position))) {
    const said = judged[thumbs.closest(".card")?.dataset.quote ?? "none"];
    for (const thumb of $$("button", thumbs)) thumb.setAttribute("aria-pressed", String(said === thumb.dataset.do));
  }
};

// The chat anew: after a reload, in another language, or when another chat is opened. Its last turns first, more on demand.
const AT_ONCE = 20;
const isLastDrawing = lastOfItsKind();
let drawing = Promise.resolve(true);
const drawChat = () => (drawing = drawTurns(Math.max(0, chat.turns.length - AT_ONCE)));
const drawWhole = () => ($('[data-do="earlier-turns"]') ? (drawing = drawTurns(0)) : drawing);

const drawTurns = async (from) => {
  const isLast = isLastDrawing();
  const host = turnsHost();
  host.setAttribute("aria-busy", "true");
  const answer = chat.turns.length ? await drawnFrom(from) : await call("welcome");
  if (!isLast()) return drawing;
  if (answer.error) host.replaceChildren(failed(answer.error));
  else if (answer.html) host.replaceChildren(make(answer.html));
  else host.replaceChildren(...earlier(from), ...answer.turns.map((html, i) => numbered(make(html), from + i)));
  for (const i of answer.turns?.keys() ?? []) showJudged(from + i);
  host.removeAttribute("aria-busy");
  host.lastElementChild?.scrollIntoView({ block: "start" });
  return !answer.error;
};

// So many at a time as the server takes.
const drawnFrom = async (from) => {
  const turns = [];
  for (let at = from; at < chat.turns.length; at += AT_ONCE) {
    const answers = chat.turns.slice(at, at + AT_ONCE).map((turn) => turn.answer);
    const drawn = await call("draw", { answers });
    if (drawn.error) return drawn;
    turns.push(...drawn.turns);
  }
  return { turns };
};

const earlier = (from) => {
  if (!from) return [];
  const more = make('<button type="button" class="more" data-do="earlier-turns"></button>');
  more.textContent = texts().earlier;
  more.dataset.from = Math.max(0, from - AT_ONCE);
  return [more];
};

const failed = (error) => {
  const notice = make('<div class="welcome"><p class="gone"></p><button type="button" class="text" data-do="redraw"></button></div>');
  $("p", notice).textContent = error;
  $("button", notice).textContent = texts().again;
  return notice;
};
