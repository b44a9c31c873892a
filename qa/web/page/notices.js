// A line above the question box: what was done, or what is wrong.

const say = (message, wrong = false) => {
  const notice = $(".foot .notice");
  notice.textContent = message;
  notice.classList.toggle("wrong", wrong);
  notice.setAttribute("role", wrong ? "alert" : "status");
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
