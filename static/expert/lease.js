// A case in use stays its expert's; one that is left goes to somebody else, after a warning (WCAG 2.2.1).

import * as sending from "./sending.js";

const place = document.getElementById("case");
const banner = document.getElementById("lease");
const LENGTH = 1000 * place.dataset.leaseSeconds;
const EVERY = Math.min(4 * 60_000, LENGTH / 4);
const WARNED = Math.min(2 * 60_000, LENGTH / 4);

let until = performance.now() + LENGTH;
let asked = performance.now();  // when the server last kept the cases
let used = 0;                   // when the expert last did anything
let ids = () => [];

export function start(have, lost) {
  ids = have;
  for (const kind of ["keydown", "pointerdown", "wheel", "touchmove"]) {
    addEventListener(kind, () => { used = performance.now(); }, { passive: true, capture: true });
  }
  banner.querySelector("button").addEventListener("click", () => renew(lost));
  setInterval(() => look(lost), 1000);
}

export function renewed() {
  until = performance.now() + LENGTH;
  asked = performance.now();
  banner.hidden = true;
}

function look(lost) {
  const now = performance.now();
  if (!place.dataset.case) return;
  if (used > asked && now - asked > EVERY) renew(lost);
  if (now < until - WARNED) return;
  const left = Math.ceil((until - now) / 60_000);
  say(left > 0
    ? `This case is yours for ${left === 1 ? "one more minute" : `${left} more minutes`}.`
    : "Your time for this case is over; it may go to somebody else.");
}

function say(sentence) {
  const words = banner.querySelector("span");
  if (words.textContent !== sentence) words.textContent = sentence;
  banner.hidden = false;
}

async function renew(lost) {
  asked = performance.now();
  const body = new URLSearchParams({ have: ids().join(",") });
  try {
    const reply = await fetch(place.dataset.renew, { method: "POST", body, headers: sending.headers() });
    if (!reply.ok) return;
    const { held } = await reply.json();
    renewed();
    const gone = ids().filter((id) => !held.includes(id));
    if (gone.length) lost(gone);
  } catch {
    // the network is away: what is decided meanwhile waits, and says so
  }
}
