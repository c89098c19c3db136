// A chart of deliveries over time: a bar for each minute, or for a longer interval if they span hours.

import { byId, s } from "./dom.js";
import { isRefused, minute, plural } from "./format.js";

const WIDTHS = [60, 300, 900, 3600, 21600, 86400, 604800];
const NAMES = ["minute", "5 minutes", "15 minutes", "hour", "6 hours", "day", "week"];
const MAX_BARS = 60;
const MIN_BARS = 20;
const HEIGHT = 48;

/** Draws the rows; `rows` are in any order. */
export function draw(rows) {
  const figure = byId("chart");
  figure.hidden = rows.length === 0;
  if (figure.hidden) return;
  const svg = figure.querySelector("svg");
  const { bars, step } = count(rows);
  const highest = Math.max(...bars.map((bar) => bar.ok + bar.refused));
  const width = Math.max(svg.clientWidth, 100);
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.replaceChildren(s("line", { class: "axis", x1: 0, x2: width, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }));
  const slot = width / bars.length;
  bars.forEach((bar, index) => svg.append(...drawn(bar, index * slot, slot, (HEIGHT - 1) / highest)));
  const caption = `Per ${NAMES[WIDTHS.indexOf(step)]}, ${minute(bars[0].start)} to ${minute(bars.at(-1).start + step)}`;
  byId("chart-caption").textContent = `${caption}, peak ${highest}`;
  svg.setAttribute("aria-label", `${caption}: ${plural(rows.length, "delivery", "deliveries")}, ${verdicts(rows)}`);
}

/** Returns how many rows have each verdict, such as "5 ok, 1 stale". */
function verdicts(rows) {
  const counts = new Map([["ok", 0]]);
  for (const { verdict } of rows) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].map(([verdict, number]) => `${number.toLocaleString("en")} ${verdict}`).join(", ");
}

function count(rows) {
  let first = Infinity;
  let last = -Infinity;
  for (const { time } of rows) {
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  const step = WIDTHS.find((one) => Math.floor(last / one) - Math.floor(first / one) < MAX_BARS) ?? WIDTHS.at(-1);
  const end = Math.floor(last / step);
  const start = Math.max(Math.min(Math.floor(first / step), end - MIN_BARS + 1), end - MAX_BARS + 1);
  const bars = Array.from({ length: end - start + 1 }, (_, index) => (
    { start: (start + index) * step, ok: 0, refused: 0, rows: [] }
  ));
  for (const row of rows) {
    const bar = bars[Math.floor(row.time / step) - start];
    if (!bar) continue;
    bar[isRefused(row) ? "refused" : "ok"] += 1;
    bar.rows.push(row);
  }
  return { bars, step };
}

function drawn(bar, x, slot, scale) {
  if (bar.ok + bar.refused === 0) return [];
  const width = Math.max(slot - 2, 1);
  const ok = bar.ok * scale;
  const refused = Math.max(bar.refused * scale, bar.refused ? 2 : 0);
  const title = () => s("title", {}, `${minute(bar.start)}: ${verdicts(bar.rows)}`);
  const at = (y, height) => ({ x: x + 1, y, width, height, rx: 1 });
  return [
    ok ? s("rect", { class: "ok", ...at(HEIGHT - 1 - ok, ok) }, title()) : null,
    refused ? s("rect", { class: "refused", ...at(Math.max(HEIGHT - 1 - ok - refused, 0), refused) }, title()) : null,
  ].filter(Boolean);
}
