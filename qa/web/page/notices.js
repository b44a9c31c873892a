// A line above the question box: what was done, or what is wrong.

// It goes by itself unless something is wrong. `undo`: what takes back what was done.
let leaving = 0;
let undoing = null;
const say = (message, wrong = false, undo = null) => {
  const notice = $(".foot .notice");
  const words = $("span", notice);
  words.setAttribute("role", wrong ? "alert" : "status");
  words.textContent = message;
  notice.classList.toggle("wrong", wrong);
  undoing = undo;
  $("button", notice).hidden = !undo;
  clearTimeout(leaving);
  if (message && !wrong) leaving = setTimeout(() => say(""), undo ? 10_000 : 6_000);
};

const copyText = async (text) => {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or not a secure origin
    const focused = document.activeElement;
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    copied = document.execCommand("copy");
    box.remove();
    focused?.focus();
  }
  say(copied ? texts().copied : texts().not_copied, !copied);
};

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
const hasKeyboard = () => matchMedia("(hover: hover)").matches; // and not one that would slide up
