// What the page says by itself: of the answer just given, of one that was refused, of a server that is away.

const get = (id) => document.getElementById(id);

// The name of a button's answer, without its key and its meaning.
export function named(button) {
  const copy = button.cloneNode(true);
  for (const part of copy.querySelectorAll("kbd, .what")) part.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}

// The line of the last answer, until the server tells what the item carried.
export function said(name) {
  const what = document.createElement("b");
  what.textContent = name;
  return lastCase("Undo", "Last case: you said ", what, ". ");
}

// The line of a case that was just passed on.
export const passed = () => lastCase("Take it back", "Last case: you passed it on. ");

function lastCase(undo, ...words) {
  const line = document.createElement("span");
  line.append(...words);
  const back = document.createElement("button");
  Object.assign(back, { type: "button", className: "link", textContent: undo });
  Object.assign(back.dataset, { key: "u", takesBack: "" });
  const key = document.createElement("kbd");
  key.textContent = "u";
  line.append(back, " ", key);
  return line;
}

// A sentence above the case; `offer` is what a button beneath it does.
export function say(sentence, kind, offer = "", act = null) {
  const line = document.createElement("p");
  line.className = `note ${kind}`;
  line.append(sentence);
  if (offer) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "primary", textContent: offer });
    button.dataset.key = "o";
    const key = document.createElement("kbd");
    key.textContent = "o";
    button.append(" ", key);
    button.addEventListener("click", act);
    line.append(" ", button);
  }
  get("said").replaceChildren(line);
}

export function stopped(sentence) {
  get("trouble").hidden = !sentence;
  get("trouble").querySelector("span").textContent = sentence;
}

// In the place of a case, until there is one.
export function waitingPage(away) {
  const box = document.createElement("div");
  const head = document.createElement("h1");
  box.className = "nothing";
  head.tabIndex = -1;
  head.textContent = away ? "The network is away" : "Fetching the next case…";
  box.append(head);
  if (away) {
    const line = document.createElement("p");
    line.className = "soft";
    line.textContent = "No further case is on this page. What you said is kept here and sent by itself.";
    box.append(line);
  }
  return [box];
}
