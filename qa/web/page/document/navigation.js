// Ways through the open document: from quote to quote, find, its headings, and the map, a thin picture of the whole.

const drawSteps = () => {
  const show = (kind, at, all) => {
    const steps = $(`.steps.${kind}`, beside());
    steps.hidden = !all.length && !(kind === "found" && reading.query);
    const form = kind === "quote" ? texts().quote_numbered : reading.more ? texts().numbered_more : texts().numbered;
    const numbers = { number: at + 1, count: all.length.toLocaleString(language) };
    $("output", steps).textContent = all.length ? fill(form, numbers) : texts().none_found;
    $$("button", steps).forEach((each) => (each.disabled = !all.length));
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

const isLastFind = lastOfItsKind();

// Without words, the document is without their marks again.
const find = async (words) => {
  const isLast = isLastFind();
  const from = reading;
  const query = words.trim();
  const found = query ? await call("find", { document: from.document, sha256: from.sha256, query }) : { starts: [] };
  if (!isLast() || from !== reading) return;
  if (found.error) return tellReading(found.error);
  const top = content().getBoundingClientRect().top;
  const here = Number(units().find((unit) => unit.getBoundingClientRect().bottom > top)?.dataset.at ?? 0);
  const next = found.starts.findIndex((start) => start >= here);
  const foundAt = found.starts.length ? Math.max(0, next) : -1;
  Object.assign(reading, { query, found: found.starts, foundAt, more: !!found.more });
  if (found.starts.length) return goTo(found.starts[foundAt], "found");
  $$("mark.found", content()).forEach((mark) => mark.classList.remove("found", "now"));
  drawSteps();
  drawMap();
};

// How far into the document an offset is, from 0 to 1: in its pages, or else in its characters; and the other way.
const shareOf = (offset) => {
  const { pages, length } = reading;
  if (!pages.length) return offset / length;
  const page = Math.max(0, pages.findLastIndex((start) => start <= offset));
  const end = pages[page + 1] ?? length;
  return (page + (offset - pages[page]) / Math.max(1, end - pages[page])) / pages.length;
};
const offsetAt = (share) => {
  const { pages, length } = reading;
  if (!pages.length) return Math.floor(share * (length - 1));
  const page = Math.min(pages.length - 1, Math.floor(share * pages.length));
  const end = pages[page + 1] ?? length;
  return Math.floor(pages[page] + (share * pages.length - page) * Math.max(0, end - pages[page] - 1));
};

const TICKS = 400; // no more can be told apart

const drawMap = () => {
  const tick = (kind) => (offset) => {
    const mark = document.createElement("i");
    mark.className = kind;
    mark.style.top = `${100 * shareOf(offset)}%`;
    return mark;
  };
  const thinned = (all) => all.filter((_, i) => i % Math.ceil(all.length / TICKS) === 0);
  $(".map", beside()).replaceChildren(
    Object.assign(document.createElement("b"), { className: "window" }),
    ...reading.headings.map(tick("heading")), ...thinned(reading.found).map(tick("found")), ...reading.starts.map(tick("quoted")),
  );
  drawWindow();
};

// Which part of the document is in view.
const drawWindow = () => {
  const shown = $(".map .window", beside());
  const frame = content().getBoundingClientRect();
  const there = units();
  const inView = there.filter((unit) => {
    const { top, bottom } = unit.getBoundingClientRect();
    return bottom > frame.top && top < frame.bottom;
  });
  if (!shown || !inView.length) return;
  const after = there[there.indexOf(inView.at(-1)) + 1];
  const isEnd = !after && reading.last >= reading.count;
  const [start, end] = [inView[0], after ?? inView.at(-1)].map((unit) => shareOf(Number(unit.dataset.at)));
  shown.style.top = `${100 * start}%`;
  shown.style.height = `${Math.max(1, 100 * ((isEnd ? 1 : end) - start))}%`;
};

const clickMap = (event) => {
  const map = $(".map", beside()).getBoundingClientRect();
  const share = Math.min(1, Math.max(0, (event.clientY - map.top) / map.height));
  const isNear = (offset) => Math.abs(shareOf(offset) - share) * map.height < 6;
  const at = reading.starts.findIndex(isNear);
  if (at < 0) return goTo(offsetAt(share), "here");
  reading.at = at;
  return goTo(reading.starts[at], "quoted");
};

const inReading = {
  close: closeReading,
  earlier: () => addPart("earlier").then(() => content().focus({ preventScroll: true })),
  later: () => addPart("later").then(() => content().focus({ preventScroll: true })),
  "previous-quote": () => stepQuote(-1),
  "next-quote": () => stepQuote(1),
  "previous-found": () => stepFound(-1),
  "next-found": () => stepFound(1),
};

const listenToReading = () => {
  beside().addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) inReading[button.dataset.do]?.();
    else if (event.target.closest(".map")) clickMap(event);
  });
  beside().addEventListener("submit", (event) => {
    event.preventDefault();
    const query = new FormData(event.target).get("find");
    if (query.trim() === reading.query && reading.found.length) stepFound(1);
    else find(query);
  });
  beside().addEventListener("input", (event) => {
    if (event.target.name === "find" && !event.target.value && reading.query) find("");
  });
  beside().addEventListener("change", (event) => {
    if (event.target.name !== "contents") return;
    goTo(Number(event.target.value), "here");
    event.target.selectedIndex = 0;
  });
};
