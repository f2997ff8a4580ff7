// The expert's page: keys, the note kept as it is typed, and what is said when an answer does not get through.
"use strict";
(() => {
  const find = (selector) => document.querySelector(selector);
  let waiting = false;  // a request is on its way: further answers wait for the case they are meant for
  let retry = null;     // the button whose press failed

  // ---- keys

  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (find("dialog[open]")) return;
    const typing = event.target.closest("textarea, input[type=search]");
    if (typing) return inField(event, typing);
    // Browsers take Enter in a tick box for the form's first button, which is an answer.
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
    const part = find(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!part || part.closest("[hidden]")) return;
    event.preventDefault();
    if (!waiting) use(part);
  });

  function use(part) {
    if (part.matches("details")) {
      part.open = true;
      part.querySelector("input").focus();
    } else if (part.matches("textarea")) {
      part.closest("details").open = true;
      part.focus();
    } else if (part.dataset.key === "r") {
      again();
    } else {
      part.click();
    }
  }

  function inField(event, field) {
    if (event.key === "Escape") {
      field.blur();
      if (field.type === "search") {
        field.value = "";
        narrow(field);
        field.closest("details").open = false;
      }
    } else if (event.key === "Enter" && field.type === "search") {
      event.preventDefault();
      const first = field.closest("details").querySelector(".list button:not([hidden])");
      if (first && field.value.trim() && !waiting) first.click();
    }
  }

  function narrow(field) {
    const details = field.closest("details");
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const button of details.querySelectorAll(".list button")) {
      button.hidden = !button.textContent.toLowerCase().includes(wanted);
      shown += button.hidden ? 0 : 1;
      button.classList.toggle("first", Boolean(wanted) && !button.hidden && shown === 1);
    }
    details.querySelector("[data-none]").hidden = shown > 0;
  }

  // ---- clicks: the second click of a double click is meant for the case that is gone

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.opens) return document.getElementById(button.dataset.opens).showModal();
    if (button.closest("#trouble")) return again();
    if (button.closest("#case, #strip") && (event.detail > 1 || waiting)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  // ---- the note of each case, kept in this browser until it is recorded

  const keptAs = (pk) => `second-look note of case ${pk}`;

  function keep(action, pk, text) {
    try {
      return window.localStorage[action](keptAs(pk), text);
    } catch {
      return null;  // storage is full or switched off: the note then lives as long as the page
    }
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[name=note]")) keep("setItem", find("#case").dataset.case, event.target.value);
    if (event.target.matches("input[type=search]")) narrow(event.target);
    if (event.target.matches("input[name=item]")) countTicked();
  });

  // ---- every case as it comes

  function countTicked() {
    const place = find("[data-ticked]");
    const n = document.querySelectorAll("input[name=item]:checked").length;
    if (place) place.textContent = `${n} ticked`;
  }

  function arrive() {
    const recorded = find("[data-recorded]");
    const note = find("textarea[name=note]");
    if (recorded) keep("removeItem", recorded.dataset.recorded);
    if (note) note.value = keep("getItem", find("#case").dataset.case) ?? note.value;
    for (const time of document.querySelectorAll("#case time")) {
      const until = new Date(time.dateTime);
      time.textContent = until.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    }
    countTicked();
  }

  // ---- requests

  document.addEventListener("htmx:beforeRequest", (event) => {
    waiting = true;
    retry = event.detail.requestConfig.triggeringEvent?.submitter ?? event.detail.elt;
    find("#trouble").hidden = true;
  });
  document.addEventListener("htmx:afterRequest", () => { waiting = false; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "case") return;
    arrive();
    find("#case h1").focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    // the page of a failure takes the place of others; here it would take the answer with it
    if (xhr.status >= 500) event.detail.shouldSwap = false;
    if (xhr.status >= 500 || !xhr.responseURL) return;
    if (new URL(xhr.responseURL).pathname === requestConfig.path.split("?")[0]) return;
    event.detail.shouldSwap = false;
    complain("You are logged out. Log in again in another tab, then reload this page; your note is kept.");
  });
  const still = "Your answer is still here: ";
  document.addEventListener("htmx:sendError", () => {
    complain(`The server can't be reached. ${still}try again when you are back on line.`);
  });
  document.addEventListener("htmx:timeout", () => {
    complain(`The server has not answered for 15 seconds. ${still}trying again can't record it twice.`);
  });
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    complain(refusals[xhr.status] ?? failure(xhr));
  });
  const kept = "your note is kept.";
  const refusals = {
    403: `The server did not take this, because you logged in again since. Reload the page; ${kept}`,
    404: `This case is no longer yours to see. Reload the page for the next one; ${kept}`,
  };

  function failure(xhr) {
    const id = xhr.getResponseHeader("X-Request-ID");
    const log = id ? ` The server's log has the details under ${id}.` : "";
    return `The server failed (${xhr.status}). ${still}trying again can't record it twice.${log}`;
  }

  function complain(sentence) {
    find("#trouble").hidden = false;
    find("#trouble span").textContent = sentence;
  }

  function again() {
    if (retry?.isConnected && !waiting) retry.click();
    else window.location.reload();
  }

  arrive();
})();
