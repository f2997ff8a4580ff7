// Single keys. They can be switched off by whoever speaks to the computer or leans on the keyboard (WCAG 2.1.4).

import * as guard from "./guard.js";

const place = document.getElementById("case");
const WAITS = 3000;
let list = null;  // the list whose digits are asked for: items to tick, or reasons
let forget = null;

export function attach(use) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return leave(event);
    const field = event.target.closest("textarea, select, input:not([type=checkbox])");
    if (field) return;
    // Browsers take Enter in a tick box for the form's first button, which is an answer.
    if (event.key === "Enter" && event.target.matches("input")) return event.preventDefault();
    if (arrows(event)) return;
    if (event.key.length > 1 || event.key === " " || !("letters" in place.dataset)) return;
    pressed(event, use);
  });
  document.addEventListener("pointerdown", () => choosing(null));
}

function pressed(event, use) {
  const key = event.key.toLowerCase();
  if (event.repeat) {
    event.preventDefault();
    return guard.tell("A key held down answers once.");
  }
  const wasChoosing = Boolean(list);
  const part = wasChoosing ? inList(key) : meant(key);
  if (wasChoosing) choosing(null);
  if (part) {
    event.preventDefault();
    use(part, event);
  } else if (wasChoosing) {
    event.preventDefault();
    guard.tell("Nothing is there to tick under that key.");
  }
}

function inList(key) {
  const boxes = list.querySelectorAll("input[type=checkbox]");
  return /^[1-9]$/.test(key) ? boxes[key - 1] : null;
}

// What the key stands for: in the open list of ways to skip, else anywhere on the page.
function meant(key) {
  const lists = [...document.querySelectorAll(`[data-list="${CSS.escape(key)}"]`)].filter(isThere);
  if (lists.length) {
    choosing(lists[0]);
    return null;
  }
  const skips = document.querySelector(".skips[open]");
  const within = skips?.querySelector(`[data-then="${CSS.escape(key)}"]`);
  if (within) return within;
  if (skips) skips.open = false;
  return [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(isThere);
}

const isThere = (part) => !part.closest("[hidden]") && !part.disabled;

function choosing(chosen) {
  clearTimeout(forget);
  list?.classList.remove("choosing");
  list = chosen;
  if (!list) return;
  const fold = list.closest("details");
  if (fold) fold.open = true;
  list.classList.add("choosing");
  forget = setTimeout(() => choosing(null), WAITS);
}

// Up and down go from tick to tick, and from one way to skip to the next.
function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const group = step && event.target.closest("[data-list], .skips[open]");
  if (!group) return false;
  const stops = [...group.querySelectorAll("input[type=checkbox], summary, button")];
  stops.at((stops.indexOf(event.target) + step) % stops.length)?.focus();
  event.preventDefault();
  return true;
}

function leave(event) {
  choosing(null);
  const skips = document.querySelector(".skips[open]");
  if (skips) {
    skips.open = false;
    skips.querySelector("summary").focus();
  } else if (event.target.matches("textarea")) {
    event.target.blur();
  }
}
