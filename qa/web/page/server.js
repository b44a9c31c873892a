// Calls of the server's actions.

/** @import { Actions, Failure } from "./types.d.ts" */

import { serverRoot } from "./gradio.js";
import { language, texts } from "./texts/texts.js";

export const TRIES = 4;

/** @param {number} milliseconds */
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Calls an action of the server. Any failure is returned as { error }. A server at capacity (503) has not started
 * anything, so the call is repeated.
 * @template {keyof Actions} Name
 * @param {Name} action
 * @param {Actions[Name]["fields"]} fields
 * @returns {Promise<Actions[Name]["reply"] | Failure>}
 */
export const call = async (action, fields) => {
  const body = JSON.stringify({ data: { action, language, ...fields } });
  for (let tries = TRIES; ; tries -= 1) {
    let response;
    try {
      const headers = { "Content-Type": "application/json" };
      response = await fetch(`${serverRoot()}/act`, { method: "POST", headers, body });
      if (response.ok) return (await response.json()) ?? { error: texts().unreachable };
    } catch {
      return { error: texts().unreachable };
    }
    const isCrowded = response.status === 503;
    const wait = 1000 * Number(response.headers.get("Retry-After") ?? 1);
    if (!isCrowded || tries <= 1) return { error: isCrowded ? texts().crowded : await reason(response) };
    await sleep(wait * (0.5 + Math.random())); // at random, or all clients would retry at once
  }
};

/**
 * The server's error message, or else a general one.
 * @param {Response} response
 * @returns {Promise<string>}
 */
const reason = async (response) => {
  try {
    return (await response.json()).error ?? texts().unreachable;
  } catch {
    return texts().unreachable;
  }
};

/**
 * Distinguishes the latest of several calls from earlier ones. Call the returned function at the start of each; the
 * function that it returns says whether no other has started since.
 */
export const latestOnly = () => {
  let count = 0;
  return () => {
    const mine = ++count;
    return () => mine === count;
  };
};
