// Builds. The one that this page has begun is known by its ticket, and its outcome is told here and nowhere else.
let following = false;
let ticket = null;
let others = []; // files that were refused before the build began

// Begins a change and follows it to its end; says whether it was begun.
const change = async (action, fields, refused = []) => {
  tellLibrary("");
  const answer = await call(action, fields);
  if (answer.error) {
    tellLibrary(answer.error, true, refused);
    return false;
  }
  [ticket, others] = [answer.ticket, refused];
  follow();
  return true;
};

// How the build is. A request that fails says nothing of it, and is made again.
const progress = async () => {
  for (let tries = TRIES; ; tries -= 1) {
    const build = await call("progress", { ticket });
    if (!build.error || tries <= 1) return build;
    await waited(1000);
  }
};

const follow = async () => {
  if (following) return;
  following = true;
  let build = await progress();
  const isNews = build.state === "running" || ticket;
  while (build.state === "running") {
    showBuilding(build);
    await waited(250);
    build = await progress();
  }
  following = false;
  showBuilding(null);
  if (isNews) showOutcome(build);
};

const showOutcome = (build) => {
  if (build.error) return tellLibrary(build.error, true); // its ticket is kept: the outcome may still be told
  const isOurs = ticket && build.ticket === ticket;
  if (isOurs) {
    const wrong = build.state === "failed" || build.state === "broken";
    tellLibrary(build.report, wrong, [...build.refused, ...others]);
    if (!shelf().open) say(build.report, wrong);
  }
  [ticket, others] = [null, []];
  if (shelf().open) drawRows();
  if (!chat.turns.length && !underway) drawChat();
};

const showBuilding = (build) => {
  for (const shown of $$(".building")) {
    shown.hidden = !build;
    if (!build) continue;
    const words = $("span", shown);
    if (words.textContent !== build.step) words.textContent = build.step; // said once by a screen reader
    $("button", shown).hidden = !build.number;
    $("button", shown).dataset.number = build.number;
    const bar = $("progress", shown);
    if (build.total) bar.value = build.done / build.total;
    else bar.removeAttribute("value");
  }
};

const cancel = (button) => call("cancel", { number: Number(button.dataset.number) });

// Sends files and has them added; says whether any was taken.
const addFiles = async (list) => {
  const most = KNOWN.maxUpload * 1024 * 1024;
  const refused = [];
  const given = [];
  const refuse = (file, why) => refused.push({ name: file.name, why: fill(why, { name: file.name, most: KNOWN.maxUpload }) });
  showBuilding({ step: texts().uploading });
  for (const [i, file] of [...list].entries()) {
    if (i >= KNOWN.maxFiles) refuse(file, texts().too_many);
    else if (file.size > most) refuse(file, texts().too_large);
    else {
      try {
        given.push({ name: file.name, path: (await upload(file)).path });
      } catch {
        refuse(file, texts().not_uploaded);
      }
    }
  }
  showBuilding(null);
  if (given.length) return change("add", { files: given }, refused);
  if (refused.length) tellLibrary("", true, refused);
  return false;
};
