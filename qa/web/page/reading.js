// The document beside the chat. A run of its units (paragraphs or pages) is in the page; more come as they are scrolled to.

// What lies open: { document, sha256, quotes, answered, starts, chart, at, headings, length, found, query, first, last, count, paged }.
let reading = null;

const beside = () => $(".beside");
const scroller = () => $(".beside .content");
const MOST_UNITS = { text: 480, pages: 9 }; // in the page at once

const closeReading = () => {
  if (!reading) return;
  reading = null;
  if (history.state?.reading) history.back(); // the page as it was before the document was opened
  beside().replaceChildren();
  root.firstElementChild.classList.remove("with-document");
  const card = opened && cardAt(opened);
  opened = null;
  showOpened();
  ($('[data-do="show"]', card ?? document.createElement("i")) ?? box()).focus({ preventScroll: true });
};

// Opens the document of a quote, or of one of the other places where it stands (`elsewhere`, from 1).
const openQuote = async (turn, quote, elsewhere = 0) => {
  const quotes = quotesOf(chat.turns[turn].answer);
  opened = { turn, quote, elsewhere };
  showOpened();
  const answer = await call("open", { quotes, at: quote, elsewhere });
  if (answer.error) {
    closeReading();
    return say(answer.error, true);
  }
  await showReading(answer, quotes, chat.turns[turn].answer.answered);
};

// Opens a document at its beginning.
const openDocument = async (id) => {
  opened = null;
  showOpened();
  const answer = await call("read", { document: id });
  if (answer.error) return say(answer.error, true);
  await showReading(answer, [], false);
};

const showReading = async (answer, quotes, answered) => {
  if (!reading) history.pushState({ reading: true }, ""); // so that Back closes the document and not the page
  reading = { ...answer, quotes, answered, found: [], foundChart: [], foundAt: -1, query: "", more: false };
  root.firstElementChild.classList.add("with-document");
  beside().replaceChildren(make(answer.frame));
  scroller().addEventListener("scroll", whenScrolled, { passive: true });
  await goTo(reading.starts[reading.at] ?? 0, "quoted");
  scroller()?.focus({ preventScroll: true });
};

// The places of a quote in turn: itself, then those where its words stand again.
const openElsewhere = (turn, quote) => {
  const { elsewhere } = quotesOf(chat.turns[turn].answer)[quote];
  const here = opened?.turn === turn && opened.quote === quote ? opened.elsewhere : 0;
  return openQuote(turn, quote, (here + 1) % (elsewhere.length + 1));
};

const askPart = (fields) => {
  const { document: id, sha256, quotes, answered, query, paged } = reading;
  return call("part", { document: id, sha256, quotes, answered, query, paged, ...fields });
};

// Shows the part with an offset in it, and brings what is marked there into view.
const goTo = async (offset, kind) => {
  const asked = reading;
  const part = await askPart({ offset });
  if (asked !== reading) return;
  if (part.error) return tellReading(part.error);
  Object.assign(reading, { first: part.first, last: part.last, count: part.count, paged: part.paged });
  scroller().classList.toggle("pages", part.paged);
  scroller().innerHTML = part.html;
  addEnds();
  const unmarked = part.paged && kind === "quoted" && reading.quotes.length && !$("mark.quoted", scroller());
  tellReading(part.notice || (unmarked ? texts().unmarked : ""));
  await settled();
  if (asked !== reading) return;
  bringIntoView(offset, kind);
  drawSteps();
  drawMap();
};

const tellReading = (message) => {
  $(".notice", beside()).textContent = message;
};

// A picture has no height before it is decoded, and one that cannot be drawn is no reason to wait.
const settled = () => Promise.allSettled($$("img", scroller()).map((image) => image.decode()));

const unitAt = (offset) => $$("[data-at]", scroller()).findLast((unit) => Number(unit.dataset.at) <= offset);

const bringIntoView = (offset, kind) => {
  const unit = unitAt(offset) ?? scroller();
  const marks = $$(`mark.${kind}`, unit);
  const mark = marks.find((each) => Number(each.dataset.start) === offset) ?? marks[0] ?? unit;
  for (const each of $$("mark.now", scroller())) each.classList.remove("now");
  if (kind !== "here") $$(`mark.${kind}[data-start="${offset}"]`, scroller()).forEach((each) => each.classList.add("now"));
  const [at, frame] = [mark.getBoundingClientRect(), scroller().getBoundingClientRect()];
  scroller().scrollTop += at.top - frame.top - scroller().clientHeight / 3;
  scroller().scrollLeft += at.left - frame.left - 16; // a page may be wider than a phone
};

// More before or after, by a button that is pressed by scrolling to it, too.
const addEnds = () => {
  $$(".more", scroller()).forEach((each) => each.remove());
  const end = (way) => make(`<button type="button" class="more" data-do="${way}"></button>`);
  if (reading.first > 0) scroller().prepend(end("earlier"));
  if (reading.last < reading.count) scroller().append(end("later"));
  $$(".more", scroller()).forEach((each) => (each.textContent = texts()[each.dataset.do]));
};

let adding = false;
const addPart = async (way) => {
  if (adding) return;
  adding = true;
  const asked = reading;
  const step = reading.paged ? 3 : 120;
  const earlier = way === "earlier";
  const [first, last] = earlier ? [Math.max(0, reading.first - step), reading.first] : [reading.last, reading.last + step];
  const part = await askPart({ first, last });
  adding = false;
  if (asked !== reading || part.error) return part.error && tellReading(part.error);
  const anchor = $$("[data-at]", scroller())[earlier ? 0 : reading.last - reading.first - 1];
  const stood = anchor.getBoundingClientRect().top;
  const units = document.createElement("template");
  units.innerHTML = part.html;
  if (earlier) anchor.before(units.content);
  else anchor.after(units.content);
  reading[earlier ? "first" : "last"] = earlier ? part.first : part.last;
  await settled();
  if (asked !== reading) return;
  trim(earlier);
  addEnds();
  scroller().scrollTop += anchor.getBoundingClientRect().top - stood;
  drawMap();
};

// What lies far behind is taken out again, so that a long document does not make a long page.
const trim = (fromEnd) => {
  const units = $$("[data-at]", scroller());
  const over = units.length - MOST_UNITS[reading.paged ? "pages" : "text"];
  if (over <= 0) return;
  (fromEnd ? units.slice(-over) : units.slice(0, over)).forEach((unit) => unit.remove());
  if (fromEnd) reading.last -= over;
  else reading.first += over;
};

const whenScrolled = () => {
  const { scrollTop, scrollHeight, clientHeight } = scroller();
  if (scrollTop < 200 && reading.first > 0) addPart("earlier");
  else if (scrollTop + clientHeight > scrollHeight - 200 && reading.last < reading.count) addPart("later");
  drawWindow();
};

// From quote to quote, and from place to place of what was searched for.
const drawSteps = () => {
  const show = (kind, at, all) => {
    const steps = $(`.steps.${kind}`, beside());
    steps.hidden = !all.length && !(kind === "found" && reading.query);
    const numbers = { number: at + 1, count: all.length };
    const numbered = kind === "found" && reading.more ? texts().numbered_more : texts().numbered;
    $("output", steps).textContent = all.length ? fill(numbered, numbers) : texts().none_found;
    $$("button", steps).forEach((each) => (each.disabled = all.length < 2));
  };
  show("quote", reading.at, reading.starts);
  show("found", reading.foundAt, reading.found);
};

const around = (at, by, all) => (at + by + all.length) % all.length;
const stepQuote = (by) => {
  reading.at = around(reading.at, by, reading.starts);
  return goTo(reading.starts[reading.at], "quoted");
};
const stepFound = (by) => {
  reading.foundAt = around(reading.foundAt, by, reading.found);
  return goTo(reading.found[reading.foundAt], "found");
};

const find = async (query) => {
  const asked = reading;
  const { document: id, sha256 } = reading;
  const found = query.trim() ? await call("find", { document: id, sha256, query }) : { starts: [], chart: [] };
  if (asked !== reading) return;
  if (found.error) return tellReading(found.error);
  Object.assign(reading, { query: query.trim(), found: found.starts, foundChart: found.chart, more: !!found.more });
  const here = Number($$("[data-at]", scroller()).find((unit) => unit.getBoundingClientRect().bottom > 0)?.dataset.at ?? 0);
  reading.foundAt = Math.max(0, found.starts.findIndex((start) => start >= here));
  if (found.starts.length) return goTo(found.starts[reading.foundAt], "found");
  reading.foundAt = -1;
  $$("mark.found", scroller()).forEach((mark) => mark.classList.remove("found", "now"));
  drawSteps();
  drawMap();
};

// Who empties the box has the document without marks again; Escape empties it before it closes the document.
const inputReading = (event) => {
  if (event.target.name === "find" && !event.target.value && reading.query) find("");
};

// The map: a thin picture of the whole document.
const drawMap = () => {
  const map = $(".map", beside());
  const tick = (kind) => (share) => {
    const mark = document.createElement("i");
    mark.className = kind;
    mark.style.top = `${100 * share}%`;
    return mark;
  };
  map.replaceChildren(
    Object.assign(document.createElement("b"), { className: "window" }),
    ...reading.headings.map(tick("heading")), ...reading.foundChart.map(tick("found")), ...reading.chart.map(tick("quoted")),
  );
  drawWindow();
};

// Which part of the document is in view, as shares of its length.
const drawWindow = () => {
  const shown = $(".map .window", beside());
  const frame = scroller().getBoundingClientRect();
  const units = $$("[data-at]", scroller());
  const inView = units.filter((unit) => {
    const { top, bottom } = unit.getBoundingClientRect();
    return bottom > frame.top && top < frame.bottom;
  });
  if (!shown || !inView.length) return;
  const share = (unit) => (reading.first + units.indexOf(unit)) / reading.count;
  const length = (unit) => Number(unit.dataset.at) / reading.length;
  const at = reading.paged ? share : length;
  const last = inView.at(-1).nextElementSibling;
  const end = last?.dataset.at ? at(last) : reading.last >= reading.count ? 1 : at(inView.at(-1));
  shown.style.top = `${100 * at(inView[0])}%`;
  shown.style.height = `${Math.max(1, 100 * (end - at(inView[0])))}%`;
};

const clickMap = (event) => {
  const map = $(".map", beside()).getBoundingClientRect();
  const share = Math.min(1, Math.max(0, (event.clientY - map.top) / map.height));
  const nearest = reading.chart.reduce((best, each, i) => (Math.abs(each - share) < Math.abs(reading.chart[best] - share) ? i : best), 0);
  if (reading.chart.length && Math.abs(reading.chart[nearest] - share) * map.height < 6) {
    reading.at = nearest;
    return goTo(reading.starts[nearest], "quoted");
  }
  return goTo(Math.floor(share * reading.length), "here");
};

const inReading = {
  close: closeReading,
  earlier: () => addPart("earlier"),
  later: () => addPart("later"),
  "previous-quote": () => stepQuote(-1),
  "next-quote": () => stepQuote(1),
  "previous-found": () => stepFound(-1),
  "next-found": () => stepFound(1),
};

const clickReading = (event) => {
  const button = event.target.closest("button[data-do]");
  if (button) return inReading[button.dataset.do]?.();
  if (event.target.closest(".map")) return clickMap(event);
};

const submitReading = (event) => {
  event.preventDefault();
  const query = new FormData(event.target).get("find");
  if (query.trim() === reading.query && reading.found.length) stepFound(1);
  else find(query);
};
