// The chats of this browser, each an entry of its own. A chat: { id, updated, documents, turns: [{ answer, alone, judged }] };
// `answer` is what /ask returns. Two tabs in one chat: the later answer is kept, and the other tab follows.

const CHAT = "chapter-verse:chat:";
const CURRENT = "chapter-verse:current";
const MOST_CHATS = 60;

const isChat = (chat) =>
  typeof chat?.id === "string" && Array.isArray(chat.turns) && Array.isArray(chat.documents) &&
  chat.documents.every((each) => typeof each?.id === "string" && typeof each.title === "string") &&
  chat.turns.every((turn) => typeof turn?.answer?.question === "string" && [turn.answer.quotes, turn.answer.nearest].every(Array.isArray));

const chats = {
  held: new Map(), // where the browser keeps nothing, and what is not worth keeping yet

  all() {
    const ids = new Set(this.held.keys());
    try {
      Object.keys(localStorage).filter((key) => key.startsWith(CHAT)).forEach((key) => ids.add(key.slice(CHAT.length)));
    } catch {}
    return [...ids].map((id) => this.get(id)).filter((each) => each?.turns.length).sort((a, b) => b.updated - a.updated);
  },

  get(id) {
    const kept = this.held.get(id) ?? remembered.read(local, CHAT + id);
    return isChat(kept) ? kept : null;
  },

  // Says whether the browser has kept it.
  save(chat) {
    chat.updated = Date.now();
    this.held.set(chat.id, chat);
    if (!chat.turns.length) return true;
    const others = this.all().filter((other) => other.id !== chat.id);
    others.splice(MOST_CHATS - 1).forEach((other) => this.drop(other.id));
    if (!remembered.write(local, CHAT + chat.id, chat)) return false;
    this.held.delete(chat.id);
    return true;
  },

  drop(id) {
    this.held.delete(id);
    remembered.drop(local, CHAT + id);
  },

  fresh() {
    const id = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return { id, updated: Date.now(), documents: [], turns: [] };
  },
};

// Which chat lies open in this tab; it does so again after a reload.
let chat = chats.get(remembered.read(session, CURRENT)) ?? chats.fresh();
const keep = (changed = chat) => {
  if (!chats.save(changed)) say(texts().not_kept, true);
  if (changed === chat) remembered.write(session, CURRENT, chat.id);
};

// Changes a chat as it is kept now, which may be more than this tab has read; with nothing kept, as it is here.
const amend = (mine, how) => {
  const changed = mine.id === chat.id ? chat : mine;
  Object.assign(changed, chats.get(mine.id));
  how(changed);
  keep(changed);
};

const questionsBefore = (position) => chat.turns.slice(0, position).map((turn) => turn.answer.question);
const contextOf = (position) => (chat.turns[position].alone ? [] : questionsBefore(position));
const quotesOf = (answer) => (answer.answered ? answer.quotes : answer.nearest);
