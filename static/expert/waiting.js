// Answers and skips on their way to the server, in the order given. Each is an entry of its own in this browser's
// storage, so that neither a reload nor a second tab loses one.

import * as kept from "./kept.js";

const beginning = `second-look waiting ${document.getElementById("case").dataset.whose} `;
let last = 0;

export function add(entry) {
  last = Math.max(Date.now(), last + 1);
  const key = beginning + String(last).padStart(15, "0");
  kept.put(key, { ...entry, tried: 0, failed: 0 });
  return key;
}

export function all() {
  return kept.keys(beginning).map((key) => ({ key, ...kept.take(key) })).filter((entry) => entry.url);
}

export function change(entry, changes) {
  Object.assign(entry, changes);
  const { key, ...rest } = entry;
  kept.put(key, rest);
}

export function drop(entry) {
  kept.drop(entry.key);
}
