// The page's script: these files, in one scope, run once, with `element` and `upload` given by Gradio.
// What the server sends as HTML is escaped there; what comes from elsewhere gets in as text alone.

const root = element;
const page = () => root.firstElementChild;
const $ = (selector, within = root) => within.querySelector(selector);
const $$ = (selector, within = root) => [...within.querySelectorAll(selector)];

const make = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
};

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// Of several calls of one kind the last counts: gives, for each, a way to see whether it is still the last.
const lastOfItsKind = () => {
  let count = 0;
  return () => {
    const mine = ++count;
    return () => mine === count;
  };
};

// What the browser remembers of this page, if it lets us.
const remembered = {
  read(store, key) {
    try {
      return JSON.parse(store().getItem(key));
    } catch {
      return null;
    }
  },
  write(store, key, value) {
    try {
      store().setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },
  drop(store, key) {
    try {
      store().removeItem(key);
    } catch {}
  },
};
const local = () => localStorage;
const session = () => sessionStorage;

const preferred = () => remembered.read(local, "chapter-verse:language") ?? navigator.language.slice(0, 2);
let language = Object.hasOwn(KNOWN.frames, preferred()) ? preferred() : "en";
const texts = () => KNOWN.texts[language];

const TRIES = 4;
const waited = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const address = () => `${window.gradio_config?.root ?? ""}/act`;

// Asks the server to act; what goes wrong comes back as { error }. While too many ask (503), nothing was begun, and it is tried again.
const call = async (action, fields = {}) => {
  const body = JSON.stringify({ data: { action, language, ...fields } });
  for (let tries = TRIES; ; tries -= 1) {
    let response;
    try {
      response = await fetch(address(), { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (response.ok) return (await response.json()) ?? { error: texts().unreachable };
    } catch {
      return { error: texts().unreachable };
    }
    const isCrowded = response.status === 503;
    const wait = 1000 * Number(response.headers.get("Retry-After") ?? 1);
    if (!isCrowded || tries <= 1) return { error: isCrowded ? texts().crowded : await reason(response) };
    await waited(wait * (0.5 + Math.random())); // not all at once again
  }
};

// The server's own sentence, where it has one.
const reason = async (response) => {
  try {
    return (await response.json()).error ?? texts().unreachable;
  } catch {
    return texts().unreachable;
  }
};
