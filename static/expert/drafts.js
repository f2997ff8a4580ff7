// What is typed and ticked for a case, kept in this browser until its answer is recorded.

import * as kept from "./kept.js";

const A_MONTH = 30 * 24 * 3600 * 1000;
const place = document.getElementById("case");
const beginning = `second-look draft ${place.dataset.whose} `;

export function keep(form, id) {
  kept.put(beginning + id, {
    note: form.note.value,
    unsure: form.unsure.checked,
    reasons: ticked(form, "reason"),
    items: ticked(form, "item"),
    at: Date.now(),
  });
}

export function drop(id) {
  kept.drop(beginning + id);
}

// The form as it was left, or as the answer that was taken back left it.
export function fill(form, id, begun) {
  const draft = kept.take(beginning + id);
  const filled = draft ?? (begun ? JSON.parse(begun) : {});
  form.note.value = filled.note ?? "";
  form.unsure.checked = Boolean(filled.unsure);
  for (const box of boxes(form, "reason")) box.checked = (filled.reasons ?? []).includes(box.value);
  if (draft) for (const box of boxes(form, "item")) box.checked = draft.items.includes(box.value);
}

export function ticked(form, name) {
  return [...boxes(form, name)].filter((box) => box.checked).map((box) => box.value);
}

function boxes(form, name) {
  return form.querySelectorAll(`input[type=checkbox][name=${name}]`);
}

export function forgetOld() {
  for (const key of kept.keys("second-look draft ")) {
    if (Date.now() - (kept.take(key)?.at ?? 0) > A_MONTH) kept.drop(key);
  }
}
