// The types of the page's scripts: data from and to the server, and data that the scripts share. Only `make lint`
// reads them.

declare global {
  interface Window {
    gradio_config?: { root?: string };
  }
}

/** HTML in which the server (`html.py`) has escaped all foreign text: the only HTML that the page parses. */
export type ServerHtml = string & { readonly escapedBy: "server" };

/** The arguments with which the page is started. */
export interface Gradio {
  element: HTMLElement;
  upload: (file: File) => Promise<{ path: string }>;
  known: Known;
}

/** The data from the server with which the page starts (`page.py`). Frames and texts are by language. */
export interface Known {
  frames: Record<string, ServerHtml>;
  texts: Record<string, Texts>;
  maxUpload: number; // megabytes a file
  maxFiles: number; // at a time
}

/** The texts from the server that the scripts use; tests/qa/web/page/test_scripts.py checks the names. */
export type Texts = Record<
  | "again"
  | "asking_only"
  | "chats"
  | "copied"
  | "crowded"
  | "delete_chat"
  | "deleted_chat"
  | "earlier"
  | "later"
  | "none_found"
  | "not_copied"
  | "not_kept"
  | "not_uploaded"
  | "numbered"
  | "numbered_more"
  | "quote_numbered"
  | "refused"
  | "searching"
  | "stopped"
  | "sure_remove"
  | "too_large"
  | "too_many"
  | "unmarked"
  | "unreachable"
  | "uploading",
  string
>;

// Answers and chats

/** A quote as `quote_json` of qa/answer.py makes it. Offsets are in the document, in code points. */
export interface Quote {
  text: string;
  start: number;
  end: number;
  highlights: { start: number; end: number }[];
  document: { id: string; title: string; path: string | null; sha256: string; date?: string };
  place: Record<string, unknown>;
  score: number;
}

/** An answer as `answer_json` of qa/answer.py makes it. */
export interface Answer {
  question: string;
  answered: boolean;
  state?: "answered" | "unsure" | "nothing found"; // chats of earlier versions have none
  confidence: number;
  searched_for: string;
  quotes: Quote[];
  nearest: Quote[];
  facts?: Fact[];
  remark?: string;
}

/** What is known of a document, or of all of them, and is not quoted. */
export interface Fact {
  document?: Quote["document"];
  name: string;
  value: string;
}

/** One question of a chat with its answer. */
export interface Turn {
  answer: Answer;
  alone: boolean; // asked without the questions before it
  judged?: Record<string, string>; // "right" or "wrong", by the number of the quote or "none"
}

/** A chat as this browser stores it. */
export interface Chat {
  id: string;
  updated: number; // milliseconds since 1970
  documents: SelectedDocument[];
  turns: Turn[];
}

/** One of the documents to which a chat's questions are restricted. */
export interface SelectedDocument {
  id: string;
  title: string;
}

/** A question whose answer is pending. `restore` puts the turns back as they were before it. */
export interface PendingQuestion {
  question: string;
  position: number;
  typed: boolean;
  restore: () => void;
}

// The document beside the chat

/** The server's response when a document is opened. */
export interface OpenedDocument {
  frame: ServerHtml;
  document: string; // its id
  sha256: string;
  starts: number[]; // offsets of its quotes
  at: number; // which of them is shown, or -1
  headings: number[]; // offsets
  pages: number[]; // offsets at which its pages begin
  length: number;
}

/** The open document, with the marks in it and the units that are in the page. */
export interface View extends OpenedDocument {
  quotes: Quote[];
  answered: boolean;
  query: string;
  found: number[]; // offsets of the query's matches
  foundAt: number; // which of them is shown, or -1
  more: boolean; // whether there are more than the server returns
  first: number; // the units `first` up to `last` of `count` are in the page
  last: number;
  count: number;
  paged: boolean; // units are pages, not paragraphs
  window: number; // units that are loaded at a time
}

/** A run of the document's units from the server. */
export interface Part extends Pick<View, "first" | "last" | "count" | "paged" | "window"> {
  html: ServerHtml;
  notice: string;
}

/** The card of the quote whose document is open. `elsewhere`: which of its other places is shown, or 0. */
export interface OpenedCard {
  turn: number;
  quote: number;
  elsewhere: number;
}

// The library

/** A file that was not added. */
export interface Refusal {
  name: string;
  why: string;
}

/** The data of a build that any page may see. */
export interface BuildProgress {
  state: string;
  step: string;
  done: number;
  total: number;
}

/** A build that this page began, with its outcome. */
export interface OwnBuild extends BuildProgress {
  ticket: string;
  report: string;
  refused: Refusal[];
}

/** A change that this page began. `refused`: files that were refused before. `retry` makes it once more. */
export interface StartedChange {
  ticket: string;
  refused: Refusal[];
  retry: () => unknown;
}

export type Build = OwnBuild | (BuildProgress & { ticket?: undefined });

// The server's actions (`actions.py`): the fields of each request, and the reply

/** An error message for the reader, returned instead of any reply. */
export interface Failure {
  error: string;
}

type Action<Fields, Reply> = { fields: Fields; reply: Reply };
type ViewFields = Pick<View, "document" | "sha256" | "quotes" | "answered" | "query" | "paged">;

export interface Actions {
  welcome: Action<object, { html: ServerHtml }>;
  ask: Action<{ question: string; history: string[]; documents: string[] }, { answer: Answer; html: ServerHtml }>;
  draw: Action<{ answers: Answer[] }, { turns: ServerHtml[] }>;
  export: Action<{ answers: Answer[] }, { turns: string[] }>;
  judge: Action<{ question: string; history: string[]; quote: Quote | null; right: boolean }, { said: string }>;

  open: Action<{ quotes: Quote[]; at: number; elsewhere: number }, OpenedDocument & { elsewhere: number }>;
  read: Action<{ document: string }, OpenedDocument>;
  part: Action<ViewFields & ({ offset: number } | { first: number; last: number }), Part>;
  find: Action<{ document: string; sha256: string; query: string }, { starts: number[]; more: boolean }>;

  library: Action<{ first: number; filter: string }, { rows: ServerHtml }>;
  progress: Action<{ ticket: string | null }, Build>;
  cancel: Action<{ ticket: string }, object>;
  add: Action<{ files: { name: string; path: string }[] }, OwnBuild>;
  remove: Action<{ documents: string[] }, OwnBuild>;
  put_back: Action<{ documents: string[] }, OwnBuild>;
  rebuild: Action<object, OwnBuild>;
}

export type Change = "add" | "remove" | "put_back" | "rebuild";
