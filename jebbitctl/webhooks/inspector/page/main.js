// Keeps the page up to date, and connects its parts.

import * as api from "./api.js";
import { draw } from "./chart.js";
import { detail, fill, loading, unavailable, update } from "./detail.js";
import { byId, h } from "./dom.js";
import { isRefused, plural } from "./format.js";
import { onKeys } from "./keys.js";
import { List } from "./list.js";
import { Search } from "./search.js";

const POLL_MS = 400;
const RETRY_MS = 1500;
const ANNOUNCE_MS = 10000; // less would interrupt a screen reader all the time
const NO_ANSWER = "Disconnected: jebbitctl does not answer";
const FILTERS = {
  all: ["All", () => true],
  test: ["Test", (row) => row.test && !isRefused(row)],
  live: ["Live", (row) => !row.test && !isRefused(row)],
  refused: ["Refused", isRefused],
  failed: ["Failed forward", (row) => row.forward === "failed"],
};

const rows = new Map();
const list = new List(byId("list"), byId("newer"), open);
const search = new Search(byId("search"), choose, show);
const buttons = new Map();
let filter = "all";
let about = null;
let version = 0;
let total = 0;
let invalidLines = 0;
let isLoaded = false;
let opened = null; // what the address names: a number that is in `rows`, or text
let isMissing = false; // whether the opened delivery waits for an answer of jebbitctl
let tellsCount = false; // whether the reader chose what to show
let news = { count: 0, refused: 0, at: 0 };

function choose() {
  byId("list").scrollTop = 0;
  tellsCount = true;
  try {
    sessionStorage.setItem(location.pathname, JSON.stringify({ filter, text: search.text }));
  } catch { /* the browser keeps nothing: a reload shows all */ }
}

/** Returns what was chosen before a reload. */
function chosen() {
  try {
    return JSON.parse(sessionStorage.getItem(location.pathname)) ?? {};
  } catch {
    return {};
  }
}

function show() {
  const all = [...rows.values()].sort((one, other) => other.number - one.number);
  const shown = all.filter((row) => FILTERS[filter][1](row) && search.includes(row.number));
  byId("list").hidden = shown.length === 0;
  list.show(shown);
  for (const [name, [label, matches]] of Object.entries(FILTERS)) {
    const count = name === "all" ? all.length : all.filter(matches).length;
    buttons.get(name).replaceChildren(`${label} `, h("span", { class: "number" }, count.toLocaleString("en")));
  }
  const empty = byId("empty");
  empty.hidden = shown.length > 0;
  empty.textContent = all.length === 0
    ? "No deliveries yet. They appear here as they come."
    : search.isRunning ? "Searching." : "No delivery matches.";
  const dropped = total > all.length ? ` The oldest of ${total.toLocaleString("en")} are no longer shown.` : "";
  const searching = search.isRunning ? " Searching." : "";
  const invalid = invalidLines ? ` ${plural(invalidLines, "line is", "lines are")} not a complete delivery.` : "";
  byId("count").hidden = all.length === 0 && !invalid;
  byId("count").textContent = `${plural(shown.length, "delivery", "deliveries")}.${searching}${dropped}${invalid}`;
  if (!tellsCount || search.isRunning) return;
  tellsCount = false;
  announce(`${plural(shown.length, "delivery", "deliveries")}.`);
}

function take(found) {
  for (const row of found.rows) {
    if (isLoaded && !rows.has(row.number)) {
      news.count += 1;
      news.refused += isRefused(row);
    }
    rows.set(row.number, row);
  }
  for (const number of rows.keys()) {
    if (number < found.first) rows.delete(number);
  }
  const isSame = isLoaded && found.version === version && found.invalid_lines === invalidLines;
  ({ version, total, invalid_lines: invalidLines } = found);
  byId("problem").hidden = !found.problem;
  byId("problem").textContent = found.problem ?? "";
  if (isSame) return;
  show();
  if (!found.more) {
    isLoaded = true;
    draw([...rows.values()]);
    if (found.rows.length > 0) search.refresh();
  }
  if (found.rows.some((row) => String(row.number) === String(opened))) openNumber(Number(opened), false);
}

async function poll() {
  let wait = POLL_MS;
  try {
    if (about === null) {
      about = await api.about();
      byId("source").textContent = about.title;
      document.title = `${about.title} · deliveries`;
    }
    const found = await api.changes(version);
    take(found);
    connected(true, "Live");
    search.retry();
    if (found.more) wait = 0;
    if (opened === null && location.hash) openHash();
    else if (isMissing) openNumber(opened, false);
  } catch (error) {
    wait = RETRY_MS;
    if (error instanceof api.Refused) connected(false, "Open the URL that jebbitctl prints now");
    else if (error instanceof api.Unreachable) connected(false, NO_ANSWER);
    else throw error;
  } finally {
    tellNews();
    setTimeout(poll, wait);
  }
}

function connected(isLive, text) {
  const element = byId("connection");
  element.className = isLive ? "live" : "lost";
  document.body.classList.toggle("lost", !isLive);
  if (element.textContent !== text) element.textContent = text;
}

function announce(text) {
  byId("announcer").textContent = text;
}

function tellNews() {
  if (news.count === 0 || Date.now() - news.at < ANNOUNCE_MS) return;
  const refused = news.refused ? `, ${news.refused} refused` : "";
  announce(`${plural(news.count, "new delivery", "new deliveries")}${refused}`);
  news = { count: 0, refused: 0, at: Date.now() };
}

function open(number) {
  list.select(number);
  if (location.hash === `#${number}`) openNumber(number, true);
  else location.hash = number;
}

function close() {
  if (location.hash) history.pushState(null, "", location.pathname);
  opened = null;
  isMissing = false;
  fill(null);
  byId("list").focus({ preventScroll: true });
}

function openHash() {
  const named = location.hash.slice(1);
  if (!named) return close();
  const number = Number(named);
  if (opened === number) return undefined; // each way back comes with two events
  if (!isLoaded) return undefined; // what comes later is not new
  if (rows.has(number)) return openNumber(number, true);
  opened = named;
  isMissing = false;
  list.select(null);
  return fill(unavailable(named, "there is no such delivery", close));
}

async function openNumber(number, takeFocus) {
  const isOther = opened !== number;
  opened = number;
  isMissing = false;
  list.select(number);
  if (isOther) fill(loading(rows.get(number), close)); // to explain a refusal takes time
  let found = null;
  let problem = null;
  try {
    found = await api.details(number);
  } catch (error) {
    problem = error;
  }
  if (opened !== number) return;
  isMissing = problem instanceof api.Unreachable;
  const row = rows.get(number);
  if (found && row) {
    if (takeFocus || !update(row, found)) fill(detail(row, found, { ...about, close, announce }));
  } else if (takeFocus || !byId("detail").querySelector(".facts")) {
    fill(unavailable(number, problem?.message ?? "it is no longer kept", close));
  }
  if (takeFocus) byId("detail").focus({ preventScroll: true });
}

function move(step) {
  const number = list.neighbour(step);
  if (number === null) return;
  list.select(number);
  if (opened === null) byId("list").focus({ preventScroll: true });
  else if (number !== opened) location.replace(`#${number}`);
}

const before = chosen();
filter = before.filter ?? filter;
for (const [name, [label]] of Object.entries(FILTERS)) {
  const press = () => {
    filter = name;
    for (const [other, button] of buttons) button.setAttribute("aria-pressed", other === name);
    choose();
    show();
  };
  const button = h("button", { type: "button", "aria-pressed": String(name === filter), onclick: press }, label);
  buttons.set(name, button);
  byId("filters").append(button);
}

byId("search").value = before.text ?? "";
search.start();

onKeys({
  move,
  close: () => (opened === null ? search.clear() : close()),
  open: () => list.selected !== null && open(list.selected),
  search: () => byId("search").focus(),
});
window.addEventListener("hashchange", openHash);
window.addEventListener("popstate", openHash);
new ResizeObserver(() => draw([...rows.values()])).observe(byId("tools"));
poll();
