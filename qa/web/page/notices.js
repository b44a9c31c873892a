// A line above the question box: what was done, or what is wrong.

// It goes by itself unless something is wrong. `undo`: what takes back what was done.
let leaving = 0;
let takeBack = null;
const say = (message, wrong = false, undo = null) => {
  const notice = $(".foot .notice");
  const words = $("span", notice);
  words.textContent = message;
  words.setAttribute("role", wrong ? "alert" : "status");
  notice.classList.toggle("wrong", wrong);
  takeBack = undo;
  $("button", notice).hidden = !undo;
  clearTimeout(leaving);
  if (message && !wrong) leaving = setTimeout(() => say(""), undo ? 10_000 : 6_000);
};

const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // no permission, or not a secure origin
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  say(texts().copied);
};

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
