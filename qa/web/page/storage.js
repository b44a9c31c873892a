// Values in the browser's storage, as JSON. The browser may refuse access: reading then gives null, writing false.

/** @typedef {() => Storage} Store  a function, because a browser may refuse the very access */

/** @type {Store} */
export const local = () => localStorage;
/** @type {Store} */
export const session = () => sessionStorage;

export const stored = {
  /** @param {Store} store @param {string} key */
  read(store, key) {
    try {
      return JSON.parse(store().getItem(key) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {Store} store @param {string} key @param {unknown} value */
  write(store, key, value) {
    try {
      store().setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },
  /** @param {Store} store @param {string} key */
  remove(store, key) {
    try {
      store().removeItem(key);
    } catch {
      // nothing was kept
    }
  },
};
