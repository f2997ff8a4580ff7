// The expert's page: a press paints the next case at once, and its answer is sent behind it.

import * as cases from "./cases.js";
import * as clock from "./clock.js";
import * as drafts from "./drafts.js";
import * as find from "./find.js";
import * as guard from "./guard.js";
import * as kept from "./kept.js";
import * as keys from "./keys.js";
import * as lease from "./lease.js";
import * as search from "./search.js";
import * as sending from "./sending.js";
import * as stock from "./stock.js";
import * as waiting from "./waiting.js";
import { named, passed, said, say, stopped, waitingPage } from "./words.js";

const get = (id) => document.getElementById(id);
const place = get("case");
const form = cases.theForm();
let undoAfter = false;    // undo was asked for while the answer was still on its way
let undoing = false;
let barred = false;       // no case is this expert's to answer for now
let atEnd = [];           // what the server says where no case is left
let fetching = false;     // the page waits for its next case

const unsent = () => waiting.all().map((entry) => entry.case);
const have = (without) => [...new Set([cases.current(), ...cases.idsAhead(), ...unsent()])]
  .filter((id) => id && id !== without);

// ---- answering

function answer(event) {
  event.preventDefault();
  const button = event.submitter;
  if (!button || cases.isClosed()) return;
  const skipping = "skips" in button.dataset;
  const items = new FormData(form).getAll("item");
  if (!skipping && button.value !== "different" && !items.length) {
    return say("Tick at least one item of this case for your answer.", "warning");
  }
  drafts.keep(form, cases.current());
  const fields = [...new FormData(form, button)].filter(([name]) => name !== "csrfmiddlewaretoken");
  fields.push(["shown", clock.shownFor()]);
  waiting.add({
    url: skipping ? button.formAction : form.action, fields, case: cases.current(),
    done: skipping ? cases.current() : form.token.value, said: skipping ? "" : named(button), excerpt: cases.excerpt(),
  });
  get("strip").replaceChildren(skipping ? passed() : said(named(button)));
  get("said").replaceChildren();
  goOn();
  sending.flush();
}

function goOn() {
  fetching = false;
  if (cases.next(unsent())) return;
  fetching = unsent().length > 0 || !atEnd.length;
  cases.rest(fetching ? waitingPage(sending.away()) : atEnd);
}

// ---- what comes back

function apply(parts) {
  get("strip").replaceChildren(...part(parts, "strip"));
  get("counts").replaceChildren(...part(parts, "counts"));
  const news = part(parts, "said").filter((node) => node.nodeType === Node.ELEMENT_NODE);
  if (news.length) get("said").replaceChildren(...news);
  atEnd = part(parts, "nothing");
  const lost = cases.stock(parts, unsent());
  get("trouble").hidden = true;
  lease.renewed();
  barred = Boolean(parts.querySelector("[data-bar]"));
  if (barred) {
    cases.empty();
    cases.rest(atEnd);
  } else if (lost && !cases.isClosed()) {
    lostCurrent();
  }
}

function part(parts, name) {
  return [...(parts.querySelector(`[data-part=${name}]`)?.childNodes ?? [])].map((node) => document.adoptNode(node));
}

function done(entry, parts) {
  cases.recorded(entry.case);
  apply(parts);
  // while later answers are on their way, the strip says what was said last
  const later = waiting.all().at(-1);
  if (later) get("strip").replaceChildren(later.said ? said(later.said) : passed());
  if (fetching) goOn();
}

// The case comes back with everything typed, and the reason why its answer was not recorded.
function refused(entry, sentence, parts) {
  if (parts) apply(parts);
  const theirs = parts ? "theirs" in parts.dataset : sentence.includes("Answer again");
  if (barred) return say(sentence, "warning");
  const what = entry.said ? `Your answer “${entry.said}” was not recorded. ` : "";
  if (!cases.back(entry.case)) return say(`${what}${sentence} It was: ${entry.excerpt}…`, "warning");
  if (theirs) return say(`${what}${sentence}`, "warning");
  cases.closed(true);
  say(`${what}${sentence}`, "warning", "Go on to the next case", () => leave(entry.case));
}

function lostCurrent() {
  cases.closed(true);
  const id = cases.current();
  const sentence = "This case went to somebody else, or was decided meanwhile.";
  say(sentence, "warning", "Go on to the next case", () => leave(id));
}

function leave(id) {
  cases.recorded(id);
  get("said").replaceChildren();
  goOn();
  sending.flush();
}

function changed({ n, away, slow }) {
  const waits = away ? "for the network" : "to be recorded";
  get("waiting").hidden = !n || !(away || slow || n > 2);
  const sentence = n === 1 ? `1 answer waits ${waits}.` : `${n} answers wait ${waits}.`;
  const words = get("waiting").querySelector("span");
  if (words.textContent !== sentence) words.textContent = sentence;
  if (away && fetching && !get("nothing").textContent.includes("network")) cases.rest(waitingPage(sending.away()));
}

// Nothing is on its way any more.
async function idle() {
  if (undoAfter) {
    undoAfter = false;
    if (!waiting.all().length) return undo();
  }
  if (fetching && !unsent().length) goOn();
}

async function deepen() {
  const parts = undoing ? null : await stock.deepen(place.dataset.queue);
  if (!parts) return;
  const lost = cases.stock(parts, unsent());
  lease.renewed();
  if (lost && !cases.isClosed()) lostCurrent();
}

// ---- undo

async function undo() {
  if (undoing) return;
  const last = waiting.all().at(-1);
  if (last && !last.tried) {
    waiting.drop(last);
    cases.back(last.case);
    get("strip").replaceChildren();
    const what = last.said ? "Your answer" : "Your skip";
    return say(`${what} is taken back before it was sent; the case is yours again.`, "success");
  }
  if (last && sending.away()) return say("It can be taken back once the network is here again.", "warning");
  if (last) {
    undoAfter = true;
    return undefined;
  }
  const strip = get("strip").querySelector("[data-undo]");
  if (!strip) return undefined;
  undoing = true;
  if (cases.current()) drafts.keep(form, cases.current());
  const reply = await sending.ask(strip.action, {});
  undoing = false;
  if (!reply.parts) {
    const out = "You are logged out; log in again.";
    return stopped(reply.loggedOut ? out : "Nothing was taken back: the server was not reached.");
  }
  apply(reply.parts);
  if (reply.parts.dataset.first) bring(reply.parts.dataset.first);
  return undefined;
}

// The case that was taken back: if it was not on this page, a page of its own is the simplest.
function bring(id) {
  if (form && cases.back(id)) return;
  location.assign(place.dataset.queue);
}

// ---- keys and clicks

function use(part, event) {
  if (part.matches(".skips")) {
    if (guard.tooSoon(event)) return;
    part.open = true;
    part.querySelector("button").focus({ preventScroll: true });
  } else if (part.matches("[data-key='/']")) {
    part.querySelector("input").focus({ preventScroll: true });
  } else if (part.matches("textarea, input[type=search]")) {
    const fold = part.closest("details");
    if (fold) fold.open = true;
    part.focus();
  } else if (isAnswer(part)) {
    if (!guard.tooSoon(event)) part.click();
  } else {
    part.click();
  }
}

const isAnswer = (part) => part.matches("button[name=answer], [data-skips]");

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.opens) get(button.dataset.opens).showModal();
  else if ("again" in button.dataset) sending.flush();
  else if ("takesBack" in button.dataset) undo();
  // a press of a key was judged when it came; its click has no pointer
  else if (isAnswer(button) && event.isTrusted && guard.tooSoon(event)) event.preventDefault();
}, true);

document.addEventListener("submit", (event) => {
  if (event.target === form) return answer(event);
  if ("undo" in event.target.dataset) {
    event.preventDefault();
    undo();
  }
  return undefined;
});

document.addEventListener("input", (event) => {
  if (!form?.contains(event.target) || event.target.type === "search") return;
  drafts.keep(form, cases.current());
  if (event.target.name === "item") cases.countTicked();
});

addEventListener("beforeunload", (event) => {
  if (waiting.all().length && !kept.state.lasting) event.preventDefault();
});

// ---- begin

drafts.forgetOld();
if (form) {
  cases.begin();
  for (const box of form.querySelectorAll(".find-class")) search.attach(box, form);
}
keys.attach(use);
find.attach();
lease.start(() => have(""), (gone) => { if (gone.includes(cases.current())) lostCurrent(); });
sending.start({ have, more: stock.more, done, refused, stopped, changed, idle });
if (form && unsent().includes(cases.current())) goOn();
setInterval(deepen, 1500);
