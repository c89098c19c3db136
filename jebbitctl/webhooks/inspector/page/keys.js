// Keys: j and k or arrows move, Enter or space opens, / searches, Esc closes.

import { byId } from "./dom.js";

const STEPS = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, Home: -1e9, End: 1e9 };

/** Calls `move(step)`, `open()`, `close()` and `search()`. */
export function onKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (handle(event, actions)) event.preventDefault();
  });
}

function handle(event, actions) {
  const { key, target } = event;
  if (key === "Escape") return escape(target, actions);
  const isSearch = target === byId("search");
  if (isSearch && (key === "Enter" || key === "ArrowDown")) {
    byId("list").focus();
    actions.move(0);
    return true;
  }
  if (target.closest("input, textarea, select")) return false;
  const isInList = target === document.body || target === byId("list");
  if (key === "/") {
    actions.search();
    return true;
  }
  if (key in STEPS && (key.length === 1 || isInList)) {
    actions.move(STEPS[key]);
    return true;
  }
  if ((key === "Enter" && isInList) || (key === " " && target === byId("list"))) {
    actions.open();
    return true;
  }
  return false;
}

function escape(target, actions) {
  const editor = target.closest(".editor");
  if (editor) {
    editor.querySelector(".cancel").click();
  } else if (target === byId("search") && target.value === "") {
    byId("list").focus();
  } else if (target === byId("search")) {
    return false; // the browser clears it
  } else {
    actions.close();
  }
  return true;
}
