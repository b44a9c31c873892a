// The values that Gradio's HTML component passes to the page.

/** @import { Gradio } from "./types.d.ts" */

/** @type {Gradio} */
export let gradio;

/** @param {Gradio} parts */
export const setGradio = (parts) => {
  gradio = parts;
};

// The address of the server, which may be below a path of a reverse proxy.
export const serverRoot = () => window.gradio_config?.root ?? "";
