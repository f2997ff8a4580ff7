// A link to a part of the page opens the fold it is in. Browsers that do so themselves lose nothing.
function openFold() {
  const part = location.hash && document.getElementById(location.hash.slice(1));
  const fold = part && part.closest("details.fold");
  if (!fold) return;
  fold.open = true;
  fold.scrollIntoView();
}

addEventListener("hashchange", openFold);
openFold();
