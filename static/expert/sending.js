// Sends what waits, one after the other. Trying again can't record anything twice: each answer has its own token.

import * as waiting from "./waiting.js";

const LONGEST = 15_000;
const MOST_FAILURES = 5;
const BUSY = 503;
const state = { under_way: false, away: false, pause: 500, timer: null, since: 0 };
let hooks = null;

// hooks: have() and more() for what the page has and wants, done(entry, parts), refused(entry, sentence, parts),
// stopped(sentence), changed({ n, away, slow }).
export function start(given) {
  hooks = given;
  addEventListener("online", () => { state.pause = 500; flush(); });
  setInterval(tellState, 1000);
  flush();
}

export const away = () => state.away;
export const underWay = () => state.under_way;

export async function flush() {
  if (state.under_way) return;
  clearTimeout(state.timer);
  state.under_way = true;
  try {
    await alone(async () => { while (waiting.all().length && await sendFirst()); });
  } finally {
    state.under_way = false;
    tellState();
    hooks.idle();
  }
}

// Two tabs of one browser share what waits: only one of them sends it.
function alone(work) {
  return navigator.locks ? navigator.locks.request("second-look sending", work) : work();
}

async function sendFirst() {
  const entry = waiting.all()[0];
  if (!entry) return false;
  waiting.change(entry, { tried: entry.tried + 1 });
  state.since ||= performance.now();
  const reply = await ask(entry.url, entry.fields, { without: entry.case });
  state.since = 0;
  if (reply.parts && (reply.parts.dataset.done === entry.done || reply.status === 409)) {
    state.away = false;
    state.pause = 500;
    waiting.drop(entry);
    if (reply.status === 409) hooks.refused(entry, reply.parts.dataset.refused, reply.parts);
    else hooks.done(entry, reply.parts);
    tellState();
    return true;
  }
  return failed(entry, reply);
}

function failed(entry, reply) {
  if (reply.status === 404 || reply.status === 400 || reply.status === 413) {
    waiting.drop(entry);
    hooks.refused(entry, "This case is no longer yours to answer.", null);
    return true;
  }
  // busy is no failure: the same again is taken once there is less to do
  if (reply.status >= 500 && reply.status !== BUSY) {
    waiting.change(entry, { failed: entry.failed + 1 });
    if (entry.failed >= MOST_FAILURES) {
      waiting.drop(entry);
      hooks.refused(entry, `The server failed on this answer ${entry.failed} times. Answer again, or skip it.`, null);
      return true;
    }
  }
  // a page of something between us, such as a café's network, is no answer either
  state.away = reply.status < 400 && !reply.loggedOut;
  hooks.stopped(sentence(reply));
  if (reply.status !== 403 && !reply.loggedOut) {
    state.timer = setTimeout(flush, state.pause);
    state.pause = Math.min(2 * state.pause, 10_000);
  }
  return false;
}

function sentence(reply) {
  if (reply.loggedOut) return "You are logged out. Log in again in another tab, then reload this page; all is kept.";
  if (reply.status === 403) return "You logged in again since. Reload the page; all that you said is kept.";
  if (reply.status === BUSY) return "The site is busy. Your answer is kept and sent again by itself.";
  if (reply.status >= 500) {
    const log = reply.name ? ` The server's log has the details under ${reply.name}.` : "";
    return `The server failed (${reply.status}). Your answer is kept and sent again by itself.${log}`;
  }
  return "";
}

// Sends fields to the server and gives its parts of the page; status 0 where nothing of ours came back.
export async function ask(url, fields, { without = "", more = hooks.more(), method = "POST" } = {}) {
  const body = new URLSearchParams(fields);
  body.append("have", hooks.have(without).join(","));
  body.append("more", more);
  const get = method === "GET";
  try {
    const reply = await fetch(get ? `${url}${url.includes("?") ? "&" : "?"}${body}` : url, {
      method, body: get ? undefined : body, headers: headers(), cache: "no-store", signal: AbortSignal.timeout(LONGEST),
    });
    const loggedOut = reply.redirected && new URL(reply.url).pathname !== new URL(url, location.href).pathname;
    const name = reply.headers.get("X-Request-ID");
    return { status: reply.status, loggedOut, name, parts: parts(await reply.text()) };
  } catch {
    return { status: 0, parts: null };
  }
}

export function headers() {
  return { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) };
}

// What some page of a network between us sends is not taken for the server's answer.
function parts(html) {
  return new DOMParser().parseFromString(html, "text/html").getElementById("parts");
}

function tellState() {
  const slow = state.since > 0 && performance.now() - state.since > 1500;
  hooks.changed({ n: waiting.all().length, away: state.away, slow });
}
