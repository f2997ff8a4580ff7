// Finds words in the text of a case, so that a long one need not be read through for them.

const LONG = 1200;
const place = document.getElementById("case");

export function attach() {
  if (!CSS.highlights) return;
  document.addEventListener("case:shown", offer);
  document.addEventListener("input", (event) => { if (event.target.matches(".find input")) mark(event.target, 0); });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.(".find input")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      mark(event.target, Number(event.target.dataset.nth) + (event.shiftKey ? -1 : 1));
    } else if (event.key === "Escape") {
      event.target.value = "";
      mark(event.target, 0);
      event.target.blur();
    }
  });
  offer();
}

function offer() {
  CSS.highlights.clear();
  const shown = document.getElementById("shown");
  if (!shown || shown.querySelector(".find")) return;
  const length = texts(shown).reduce((sum, text) => sum + text.textContent.length, 0);
  if (length < LONG) return;
  const box = document.createElement("p");
  box.className = "find soft";
  const input = document.createElement("input");
  Object.assign(input, { type: "search", placeholder: "Find in this text" });
  input.setAttribute("aria-label", "Find in this text");
  input.dataset.key = "f";
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  box.append(input, " ", count);
  shown.querySelector(".card").before(box);
}

const texts = (shown) => [...shown.querySelectorAll(".text")];

function mark(input, wanted) {
  const words = input.value.trim().toLowerCase();
  const ranges = words ? texts(place).flatMap((text) => rangesIn(text, words)) : [];
  const nth = ranges.length ? (wanted + ranges.length) % ranges.length : 0;
  input.dataset.nth = nth;
  CSS.highlights.set("found", new Highlight(...ranges));
  CSS.highlights.set("found-here", new Highlight(...ranges.slice(nth, nth + 1)));
  const said = ranges.length ? `${nth + 1} of ${ranges.length}` : "not in it";
  input.parentElement.querySelector("span").textContent = words ? said : "";
  if (ranges[nth]) scrollToRange(ranges[nth]);
}

function scrollToRange(range) {
  const { top, bottom } = range.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight * 0.6) scrollBy(0, top - innerHeight * 0.3);
}

function rangesIn(element, wanted) {
  const ranges = [];
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}
