// A press that comes before anybody can have read the case is no answer.
//
// The eye needs about 250 ms for the first words and the hand about 150 ms more; keys that repeat, double clicks and
// keys typed for the case before come sooner. Honest answers half a second apart are never refused.

const SOONEST = 350;

let since = Infinity;  // when the case was painted, or when the last press came too soon
let told = null;

export function covered() {
  since = Infinity;
}

export function painted() {
  covered();
  // The first frame is drawn after the first callback; in the second one it is on the screen.
  requestAnimationFrame(() => requestAnimationFrame(() => { since = performance.now(); }));
}

export function tooSoon(event) {
  const after = event.timeStamp - since;
  if (after >= SOONEST) return false;
  // A burst stays too soon to its end: each press begins the time anew.
  if (Number.isFinite(since)) since = Math.max(since, event.timeStamp);
  tell("Too fast to have been read: that press was not taken.");
  return true;
}

export function tell(sentence) {
  const place = document.getElementById("fast");
  place.textContent = sentence;
  clearTimeout(told);
  told = setTimeout(() => { place.textContent = ""; }, 4000);
}
