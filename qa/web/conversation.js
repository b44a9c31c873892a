// Clicks inside the conversation. The server is told which card or example, and checks it.
// Runs once, with `element`, `trigger` and `watch` given by Gradio; listeners stand on the
// element itself because what is inside is redrawn.
let opened = null;

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const find = (at) => element.querySelector(`.card[data-turn="${at.turn}"][data-quote="${at.quote}"]`);

const mark = () => {
  element.querySelectorAll(".card[data-open]").forEach((card) => card.removeAttribute("data-open"));
  if (opened) find(opened)?.setAttribute("data-open", "");
};

element.addEventListener("click", (event) => {
  const example = event.target.closest("[data-example]");
  if (example) {
    trigger("select", { example: Number(example.dataset.example) });
    // The button goes away; a keyboard that is there (not one that would slide up) goes on in the box.
    if (matchMedia("(hover: hover)").matches) document.querySelector("#question textarea")?.focus();
    return;
  }
  const card = event.target.closest(".card");
  if (!card || (!event.target.closest("button") && String(getSelection()))) return; // words being selected stay so
  opened = { turn: Number(card.dataset.turn), quote: Number(card.dataset.quote) };
  mark();
  trigger("click", opened);
});

document.addEventListener("chapter-verse:closed", () => {
  const card = opened && find(opened);
  opened = null;
  mark();
  card?.querySelector("button")?.focus();
});

watch("value", () => {
  mark();
  const last = element.querySelector(".turn:last-child");
  last?.scrollIntoView({ block: "start", behavior: still() ? "auto" : "smooth" });
});
