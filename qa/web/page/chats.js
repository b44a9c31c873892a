// The chats of this browser: each is an entry of its own, so that two tabs do not write over one another.
// A chat: { id, updated, documents, turns: [{ answer, alone, judged }] }; `answer` is what /ask returns.

const CHAT = "chapter-verse:chat:";
const CURRENT = "chapter-verse:current";
const MOST_CHATS = 60;

const isChat = (chat) =>
  typeof chat?.id === "string" && Array.isArray(chat.turns) && Array.isArray(chat.documents) &&
  chat.turns.every((turn) => typeof turn?.answer?.question === "string" && Array.isArray(turn.answer.quotes));

const chats = {
  held: new Map(), // also where the browser keeps nothing

  all() {
    const ids = new Set(this.held.keys());
    try {
      Object.keys(localStorage).filter((key) => key.startsWith(CHAT)).forEach((key) => ids.add(key.slice(CHAT.length)));
    } catch {}
    return [...ids].map((id) => this.get(id)).filter((chat) => chat?.turns.length).sort((a, b) => b.updated - a.updated);
  },

  get(id) {
    const kept = remembered.read(local, CHAT + id);
    return isChat(kept) ? kept : (this.held.get(id) ?? null);
  },

  save(chat) {
    chat.updated = Date.now();
    this.held.set(chat.id, chat);
    if (!chat.turns.length) return;
    const others = this.all().filter((other) => other.id !== chat.id);
    others.slice(MOST_CHATS - 1).forEach((other) => this.drop(other.id));
    while (!remembered.write(local, CHAT + chat.id, chat) && others.length) this.drop(others.pop().id); // no room
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
const keep = () => {
  chats.save(chat);
  remembered.write(session, CURRENT, chat.id);
};

const historyBefore = (position) =>
  chat.turns[position]?.alone ? [] : chat.turns.slice(0, position).map((turn) => turn.answer.question);
const quotesOf = (answer) => (answer.answered ? answer.quotes : answer.nearest);
