// The open document: brings the quote into view, asks for more, closes.
let kept = null; // a block and where it stood, while more is put before it

const scroller = () => element.querySelector(".text");
const close = () => {
  if (!scroller()) return;
  props.value = "";
  document.dispatchEvent(new CustomEvent("chapter-verse:closed"));
};

element.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) return close();
  const more = event.target.closest("[data-more]");
  if (!more) return;
  const block = more.dataset.more === "earlier" ? element.querySelector("[data-at]") : null;
  kept = block ? { at: block.dataset.at, top: block.getBoundingClientRect().top } : { at: null };
  trigger("click", { more: more.dataset.more });
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});

watch("value", async () => {
  const text = scroller();
  if (!text) return;
  // A picture has no height before it is decoded, and one that cannot be drawn is no reason to stay at the top.
  await Promise.allSettled([...text.querySelectorAll("img")].map((image) => image.decode()));
  if (text !== scroller()) return;
  if (kept) {
    const block = kept.at && element.querySelector(`[data-at="${kept.at}"]`);
    if (block) text.scrollTop += block.getBoundingClientRect().top - kept.top;
    kept = null;
    return;
  }
  const quote = element.querySelector("mark.quoted");
  if (!quote) return;
  const top = quote.getBoundingClientRect().top - text.getBoundingClientRect().top;
  text.scrollTop += top - text.clientHeight / 3;
  text.focus({ preventScroll: true });
});
