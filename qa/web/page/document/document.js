// The document beside the chat. A run of its units (paragraphs or pages) is in the page; more come as they are scrolled to.

// What lies open: { document, sha256, quotes, answered, starts, at, headings, pages, length, found, foundAt, query, more,
// first, last, count, paged, window }; offsets are the document's.
let reading = null;
let opened = null; // the card whose document lies open: { turn, quote, elsewhere }

const beside = () => $(".beside");
const content = () => $(".beside .content");
const units = () => $$("[data-at]", content());
const WINDOWS = 4; // parts that are in the page at once

const cardAt = ({ turn, quote }) => turnAt(turn) && $(`.card[data-quote="${quote}"]`, turnAt(turn));
const showOpened = () => {
  for (const card of $$(".card[data-open]")) card.removeAttribute("data-open");
  if (opened) cardAt(opened)?.setAttribute("data-open", "");
};

// What is covered cannot be reached: on narrow windows the chats lie over all else, on narrower ones a document over all but them.
const narrow = matchMedia("(max-width: 75rem)");
const covering = matchMedia("(max-width: 60rem)");
const isSideShown = () => page().classList.contains("with-side");
const showCovered = () => {
  const bySide = isSideShown();
  const byDocument = !!reading && covering.matches;
  $(".chat").inert = bySide || byDocument;
  $(".side").inert = byDocument && !bySide;
  beside().inert = bySide;
};

const closeReading = () => {
  const card = opened && cardAt(opened);
  opened = null;
  showOpened();
  if (!reading) return;
  reading = null;
  beside().replaceChildren();
  page().classList.remove("with-document");
  showCovered();
  // The entry in the browser's history stays, for the next document.
  if (history.state?.reading) history.replaceState({ reading: false }, "");
  ($('[data-do="show"]', card ?? document.createElement("i")) ?? questionBox()).focus({ preventScroll: true });
};

const isLastOpening = lastOfItsKind();

// Opens the document of a quote, or of one of the other places where it stands (`elsewhere`, from 1).
const openQuote = async (turn, quote, elsewhere = 0) => {
  const isLast = isLastOpening();
  const { answer } = chat.turns[turn];
  const from = chat;
  const quotes = quotesOf(answer);
  const found = await call("open", { quotes, at: quote, elsewhere });
  if (!isLast() || from !== chat) return;
  if (found.error) {
    closeReading();
    return say(found.error, true);
  }
  opened = { turn, quote, elsewhere: found.elsewhere };
  showOpened();
  await showReading(found, quotes, answer.answered);
};

// The places of a quote in turn: itself, then those where its words stand again.
const openNextPlace = (turn, quote) =>
  openQuote(turn, quote, opened?.turn === turn && opened.quote === quote ? opened.elsewhere + 1 : 1);

// Opens a document at its beginning.
const openDocument = async (id) => {
  const isLast = isLastOpening();
  const found = await call("read", { document: id });
  if (!isLast()) return;
  if (found.error) return say(found.error, true);
  opened = null;
  showOpened();
  await showReading(found, [], false);
};

const showReading = async (found, quotes, answered) => {
  // So that Back closes the document and not the page; one entry serves all documents.
  if (history.state && "reading" in history.state) history.replaceState({ reading: true }, "");
  else history.pushState({ reading: true }, "");
  reading = { ...found, quotes, answered, found: [], foundAt: -1, query: "", more: false };
  page().classList.add("with-document");
  showCovered();
  beside().replaceChildren(make(found.frame));
  content().addEventListener("scroll", whenScrolled, { passive: true });
  content().focus({ preventScroll: true }); // before what takes time, or it would take the cursor from who types meanwhile
  await goTo(reading.starts[reading.at] ?? 0, "quoted");
};

const tellReading = (message) => {
  $(".notice", beside()).textContent = message;
};

const askPart = (fields) => {
  const { document: id, sha256, quotes, answered, query, paged } = reading;
  return call("part", { document: id, sha256, quotes, answered, query, paged, ...fields });
};

// The units of a part, before they are in the page. A picture has no height before it is decoded, and one
// that cannot be drawn is no reason to wait.
const prepared = async (html) => {
  const holder = document.createElement("div");
  holder.innerHTML = html;
  await Promise.allSettled($$("img", holder).map((image) => image.decode()));
  return [...holder.children];
};

const isLastGoal = lastOfItsKind();

// Shows the part with an offset in it, and brings what is marked there into view.
const goTo = async (offset, kind) => {
  const isLast = isLastGoal();
  const from = reading;
  const part = await askPart({ offset });
  const there = part.error ? [] : await prepared(part.html);
  if (!isLast() || from !== reading) return;
  if (part.error) return tellReading(part.error);
  const { first, last, count, paged, window } = part;
  Object.assign(reading, { first, last, count, paged, window });
  content().classList.toggle("pages", paged);
  content().replaceChildren(...there);
  addEnds();
  const unmarked = paged && kind === "quoted" && reading.quotes.length && !$("mark.quoted", content());
  tellReading(part.notice || (unmarked ? texts().unmarked : ""));
  bringIntoView(offset, kind);
  drawSteps();
  drawMap();
};

const bringIntoView = (offset, kind) => {
  for (const each of $$("mark.now", content())) each.classList.remove("now");
  const marks = kind === "here" ? [] : $$(`mark.${kind}[data-start="${offset}"]`, content());
  marks.forEach((mark) => mark.classList.add("now"));
  const goal = marks[0] ?? units().findLast((unit) => Number(unit.dataset.at) <= offset);
  if (!goal) return;
  const [at, frame] = [goal.getBoundingClientRect(), content().getBoundingClientRect()];
  content().scrollTop += at.top - frame.top - content().clientHeight / 3;
  content().scrollLeft += at.left - frame.left - 16; // a page may be wider than a phone
};

// More before or after, by a button that is pressed by scrolling to it, too.
const addEnds = () => {
  $$(".more", content()).forEach((each) => each.remove());
  const end = (way) => {
    const button = make(`<button type="button" class="more" data-do="${way}"></button>`);
    button.textContent = texts()[way];
    return button;
  };
  if (reading.first > 0) content().prepend(end("earlier"));
  if (reading.last < reading.count) content().append(end("later"));
};

let adding = null; // the document that a part is being added to
const addPart = async (way) => {
  if (adding === reading) return;
  const from = (adding = reading);
  const earlier = way === "earlier";
  const edge = earlier ? reading.first : reading.last;
  const wanted = earlier ? [Math.max(0, edge - reading.window), edge] : [edge, edge + reading.window];
  const part = await askPart({ first: wanted[0], last: wanted[1] });
  const more = part.error ? [] : await prepared(part.html);
  if (adding === from) adding = null;
  // Somewhere else has been gone to meanwhile, or what was at the edge is not in the page any more.
  if (from !== reading || edge !== (earlier ? reading.first : reading.last)) return;
  if (part.error) return tellReading(part.error);
  const there = units();
  const anchor = earlier ? there[0] : there.at(-1);
  const stood = anchor.getBoundingClientRect().top;
  if (earlier) anchor.before(...more);
  else anchor.after(...more);
  reading[earlier ? "first" : "last"] = earlier ? part.first : part.last;
  trim(earlier);
  addEnds();
  content().scrollTop += anchor.getBoundingClientRect().top - stood;
  drawMap();
};

// What lies far behind is taken out again, so that a long document does not make a long page.
const trim = (fromEnd) => {
  const there = units();
  const over = there.length - WINDOWS * reading.window;
  if (over <= 0) return;
  (fromEnd ? there.slice(-over) : there.slice(0, over)).forEach((unit) => unit.remove());
  if (fromEnd) reading.last -= over;
  else reading.first += over;
};

const whenScrolled = () => {
  if (!content()) return; // the last event of what was closed
  const { scrollTop, scrollHeight, clientHeight } = content();
  if (scrollTop < 200 && reading.first > 0) addPart("earlier");
  else if (scrollTop + clientHeight > scrollHeight - 200 && reading.last < reading.count) addPart("later");
  drawWindow();
};
