// The case on the page and those ready behind it. The answers beside it stay in place; only the case changes.

import * as clock from "./clock.js";
import * as drafts from "./drafts.js";
import * as guard from "./guard.js";

const place = document.getElementById("case");
const ahead = document.getElementById("ahead");
const form = document.getElementById("answer");
const nothing = document.getElementById("nothing");
// Cases that were on the page, by id, until their answers are recorded: they may have to come back.
const seen = new Map();
// Those whose answers are: a reply that comes late may bring one of them again.
const past = new Set();

export const current = () => place.dataset.case;
export const theForm = () => form;
export const nAhead = () => ahead.children.length;
export const idsAhead = () => [...ahead.children].map((one) => one.dataset.case);
export const excerpt = () => (form.querySelector(".text")?.textContent ?? "").trim().slice(0, 60);

// The page as it came shows its first case already.
export function begin() {
  const first = ahead.firstElementChild;
  if (!form || !first) return;
  first.remove();
  seen.set(first.dataset.case, first);
  arrive(first);
}

export function show(template) {
  for (const one of [...ahead.children]) if (one.dataset.case === template.dataset.case) one.remove();
  seen.set(template.dataset.case, template);
  guard.covered();
  form.querySelector("#shown").replaceChildren(template.content.cloneNode(true));
  window.htmx?.process(form.querySelector("#shown"));
  form.action = template.dataset.decide;
  form.token.value = template.dataset.token;
  for (const button of form.querySelectorAll("[data-skips]")) button.formAction = template.dataset.skip;
  place.dataset.case = template.dataset.case;
  form.hidden = false;
  nothing.hidden = true;
  arrive(template);
  form.querySelector("h1").focus({ preventScroll: true });
  scrollTo(0, 0);
}

function arrive(template) {
  const n = Number(template.dataset.items);
  for (const part of form.querySelectorAll("[data-several]")) part.hidden = n < 2;
  form.querySelector("[data-one]").hidden = n > 1;
  form.querySelector("[data-how-many]").textContent = n;
  form.querySelector(".skips").hidden = "test" in template.dataset;
  for (const fold of form.querySelectorAll(".skips, .others")) fold.open = false;
  for (const part of form.querySelectorAll("input[type=search]")) {
    part.value = "";
    part.dispatchEvent(new Event("input", { bubbles: true }));
  }
  closed(false);
  drafts.fill(form, template.dataset.case, template.dataset.beginning);
  for (const time of form.querySelectorAll("#shown time")) {
    const until = new Date(time.dateTime);
    time.textContent = until.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }
  countTicked();
  clock.begin();
  guard.painted();
  document.dispatchEvent(new CustomEvent("case:shown"));
}

export function countTicked() {
  const ticks = form.querySelectorAll("input[name=item]:checked").length;
  form.querySelector("[data-ticked]").textContent = `${ticks} ticked`;
}

// The next case, or that there is none; `except` are answered and not recorded yet.
export function next(except) {
  const following = [...ahead.children].find((one) => !except.includes(one.dataset.case));
  if (following) show(following);
  return Boolean(following);
}

export function rest(html) {
  guard.covered();
  place.dataset.case = "";
  if (form) form.hidden = true;
  nothing.replaceChildren(...html);
  nothing.hidden = false;
  nothing.querySelector("h1")?.focus({ preventScroll: true });
}

export function empty() {
  ahead.replaceChildren();
}

// An earlier case comes back, and the one shown waits in its place ahead.
export function back(id) {
  const template = seen.get(id) ?? [...ahead.children].find((one) => one.dataset.case === id);
  if (!template) return false;
  if (current() && current() !== id) ahead.prepend(seen.get(current()));
  show(template);
  return true;
}

// Its answers can't be given any more: it is there to be read, and what was typed to be copied.
export function closed(is) {
  for (const button of form.querySelectorAll("button[name=answer], [data-skips]")) button.disabled = is;
  form.classList.toggle("closed", is);
}

export const isClosed = () => form?.classList.contains("closed");

export function recorded(id) {
  seen.delete(id);
  past.add(id);
  drafts.drop(id);
}

// Puts what the server sent behind what is there, and takes out what is not this expert's any more.
export function stock(parts, except) {
  const gone = parts.dataset.gone.split(",");
  past.delete(parts.dataset.first);
  for (const one of [...ahead.children]) if (gone.includes(one.dataset.case)) one.remove();
  for (const one of parts.querySelectorAll("template")) {
    const id = one.dataset.case;
    const known = [current(), ...except, ...idsAhead()].includes(id) || past.has(id);
    if (!known) ahead.append(document.adoptNode(one));
  }
  return gone.includes(current()) && current() !== "";
}
