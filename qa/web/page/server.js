// The page's script: these files, in one scope, run once, with `element`, `server` and `upload` given by Gradio.
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
let language = preferred() in KNOWN.frames ? preferred() : "en";
const texts = () => KNOWN.texts[language];

const TRIES = 3; // of a request that changes nothing, while the server is busy
const CHANGING = new Set(["judge", "add", "remove", "put_back", "rebuild", "cancel"]);
const waited = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Asks the server to act; what goes wrong comes back as { error }.
const call = async (action, fields = {}) => {
  for (let tries = CHANGING.has(action) ? 1 : TRIES; ; tries -= 1) {
    try {
      return (await server.act({ action, language, ...fields })) ?? { error: texts().unreachable };
    } catch (error) {
      if (tries <= 1) return { error: /503|Unavailable/.test(error) ? texts().crowded : texts().unreachable };
      await waited(400 + 800 * Math.random()); // not all at once again
    }
  }
};
