// For how long a case was on the screen: time in another tab or behind a locked screen does not count.

let began = 0;
let before = 0;

const now = () => performance.now();

export function begin() {
  before = 0;
  began = document.hidden ? 0 : now();
}

export function shownFor() {
  return Math.round(before + (began ? now() - began : 0));
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden && began) {
    before += now() - began;
    began = 0;
  } else if (!document.hidden && !began) {
    began = now();
  }
});
