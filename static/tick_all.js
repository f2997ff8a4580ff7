// One tick for all items of a page.
"use strict";

function tickBoxes() {
  return document.querySelectorAll('#chosen input[name="item"]');
}

document.addEventListener("DOMContentLoaded", () => {
  for (const all of document.querySelectorAll(".tick-all")) {
    all.closest("label").hidden = false;
    all.addEventListener("change", () => {
      for (const box of tickBoxes()) box.checked = all.checked;
    });
  }
});
