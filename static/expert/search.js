// A class found by parts of its name, in any order: "top fail" finds top_up_failed.

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[\s_\-./]+/g, " ").trim();

// Names that have every part, those in which the parts begin words first; else in their own order.
export function found(names, typed) {
  const parts = plain(typed).split(" ").filter(Boolean);
  if (!parts.length) return [];
  const ranked = names.map((name, place) => ({ place, rank: rank(plain(name), parts) })).filter((one) => one.rank);
  return ranked.sort((a, b) => b.rank - a.rank || a.place - b.place).map((one) => one.place);
}

function rank(name, parts) {
  if (!parts.every((part) => name.includes(part))) return 0;
  return 1 + parts.filter((part) => ` ${name}`.includes(` ${part}`)).length / parts.length;
}

export function attach(box, form) {
  const input = box.querySelector("input");
  const list = box.querySelector("[role=listbox]");
  const none = box.querySelector("[data-none]");
  const buttons = [...form.querySelectorAll("[data-class]")];
  const names = buttons.map((button) => button.textContent.trim());
  let active = 0;

  function narrow() {
    const places = found(names, input.value);
    list.replaceChildren(...places.map((place, nth) => option(names[place], place, nth)));
    list.hidden = !places.length;
    none.hidden = Boolean(places.length) || !input.value.trim();
    input.setAttribute("aria-expanded", String(places.length > 0));
    move(0);
  }

  function option(name, place, nth) {
    const item = document.createElement("li");
    item.id = `found-${nth}`;
    item.role = "option";
    item.textContent = name;
    item.dataset.place = place;
    return item;
  }

  function move(to) {
    const options = [...list.children];
    active = options.length ? (to + options.length) % options.length : 0;
    options.forEach((one, nth) => one.setAttribute("aria-selected", String(nth === active)));
    if (options.length) {
      input.setAttribute("aria-activedescendant", options[active].id);
      options[active].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  const choose = (item) => item && form.requestSubmit(buttons[item.dataset.place]);

  input.addEventListener("input", narrow);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!event.repeat) choose(list.children[active]);
    } else if (event.key === "Escape") {
      input.value = "";
      narrow();
      input.blur();
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => choose(event.target.closest("[role=option]")));
}
