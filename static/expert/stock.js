// How many cases the page has ready: an answer brings one more, and what is missing to twenty comes a few at a time
// while nobody presses anything, so that the page goes on where the network is cut.

import * as cases from "./cases.js";
import * as sending from "./sending.js";
import * as waiting from "./waiting.js";

const AHEAD = 3;
const MOST_AHEAD = 20;
const A_FEW = 4;
const A_WHILE = 120_000;

let full = { at: -Infinity, n: MOST_AHEAD - 1 };  // how many the server gave last, and when

export function more() {
  const room = MOST_AHEAD - 1 - cases.nAhead() - waiting.all().length;
  return Math.max(0, Math.min(room, Math.max(1, AHEAD - 1 - cases.nAhead())));
}

// Asks the server for a few more; what it sends, if that is needed now.
export async function deepen(url) {
  if (!cases.current() || document.hidden || sending.underWay() || waiting.all().length) return null;
  // a case that has run out is asked for by its own button
  if (!document.getElementById("lease").hidden) return null;
  const most = performance.now() - full.at < A_WHILE ? full.n : MOST_AHEAD - 1;
  if (cases.nAhead() >= most) return null;
  const reply = await sending.ask(url, {}, { more: A_FEW, method: "GET" });
  if (!reply.parts || reply.status !== 200 || reply.loggedOut) return null;
  if (!reply.parts.querySelector("template")) full = { at: performance.now(), n: cases.nAhead() };
  return reply.parts;
}
