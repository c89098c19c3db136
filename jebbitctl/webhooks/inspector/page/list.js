// The list of deliveries: only the rows in sight are elements, however many there are.

import { h } from "./dom.js";
import { clock, forwarded, isRefused, kind, plural, size } from "./format.js";

const ROW = 58;
const BEYOND = 8;

export class List {
  /** `open` is called with the number of a row that is clicked; `newer` is a button that leads to the top. */
  constructor(element, newer, open) {
    this.element = element;
    this.newer = newer;
    this.newestSeen = 0;
    this.rows = [];
    this.selected = null;
    this.elements = new Map();
    this.sizer = h("div", { class: "sizer", role: "presentation" });
    element.append(this.sizer);
    element.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render()).observe(element);
    newer.addEventListener("click", () => {
      element.scrollTop = 0;
      element.focus({ preventScroll: true });
    });
    let pressed = null; // new rows may move it away before the button is released
    element.addEventListener("pointerdown", (event) => { pressed = event.target.closest("[role=option]"); });
    element.addEventListener("click", (event) => {
      const row = pressed ?? event.target.closest("[role=option]");
      pressed = null;
      if (row) open(Number(row.dataset.number));
    });
  }

  /** Shows rows, newest first. What is in sight stays where it is, unless that is the top. */
  show(rows) {
    const { scrollTop } = this.element;
    const anchor = scrollTop > 0 ? this.rows[Math.floor(scrollTop / ROW)] : undefined;
    this.rows = rows;
    this.sizer.style.height = `${rows.length * ROW}px`;
    if (anchor) {
      const index = this.indexOf(anchor.number);
      if (rows[index]?.number === anchor.number) this.element.scrollTop = index * ROW + (scrollTop % ROW);
    }
    this.render();
  }

  /** Selects a row by number, and scrolls to it. */
  select(number) {
    this.selected = number;
    const index = this.indexOf(number);
    if (number !== null && this.rows[index]?.number === number) {
      const { scrollTop, clientHeight } = this.element;
      const top = index * ROW;
      if (top < scrollTop) this.element.scrollTop = top;
      else if (top + ROW > scrollTop + clientHeight) this.element.scrollTop = top + ROW - clientHeight;
    }
    this.render();
  }

  /** Says how many rows have come above what is in sight. */
  tellNewer(isAtTop) {
    if (isAtTop) this.newestSeen = this.rows[0]?.number ?? this.newestSeen;
    const count = this.indexOf(this.newestSeen);
    this.newer.hidden = count === 0;
    this.newer.textContent = `↑ ${plural(count, "new delivery", "new deliveries")}`;
  }

  /** Returns the number of the row so many rows from the selected one. */
  neighbour(step) {
    if (this.rows.length === 0) return null;
    const index = this.selected === null ? -1 : this.indexOf(this.selected);
    const isHere = this.rows[index]?.number === this.selected;
    const next = index < 0 ? 0 : isHere || step < 0 ? index + step : index;
    return this.rows[Math.min(Math.max(next, 0), this.rows.length - 1)].number;
  }

  /** Returns where a number is, or would be, among the rows. */
  indexOf(number) {
    let low = 0;
    let high = this.rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].number > number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  render() {
    const { scrollTop, clientHeight } = this.element;
    this.tellNewer(clientHeight > 0 && scrollTop < ROW);
    const first = Math.max(Math.floor(scrollTop / ROW) - BEYOND, 0);
    const last = Math.min(Math.ceil((scrollTop + clientHeight) / ROW) + BEYOND, this.rows.length);
    const kept = new Map();
    let next = null; // screen readers read elements in the order of the document
    for (let index = last - 1; index >= first; index -= 1) {
      const row = this.rows[index];
      const old = this.elements.get(row.number);
      const element = old?.row === row ? old.element : draw(row);
      element.style.transform = `translateY(${index * ROW}px)`;
      element.setAttribute("aria-posinset", index + 1);
      element.setAttribute("aria-setsize", this.rows.length);
      element.setAttribute("aria-selected", row.number === this.selected);
      kept.set(row.number, { row, element });
      if (element.parentNode !== this.sizer) this.sizer.insertBefore(element, next);
      next = element;
    }
    for (const [number, { element }] of this.elements) {
      if (kept.get(number)?.element !== element) element.remove();
    }
    this.elements = kept;
    const active = kept.get(this.selected)?.element.id;
    if (active) this.element.setAttribute("aria-activedescendant", active);
    else this.element.removeAttribute("aria-activedescendant");
  }
}

function draw(row) {
  const refused = isRefused(row);
  const outcome = forwarded(row);
  const meta = [`#${row.number}`, kind(row), size(row.bytes)];
  return h(
    "div",
    { id: `row-${row.number}`, "data-number": row.number, role: "option", class: refused ? "refused" : "ok" },
    h("span", { class: "mark", "aria-hidden": "true" }, refused ? "✗" : "✓"),
    h("span", { class: "target isolated" }, `${row.method} ${row.target}`),
    h("span", { class: "time" }, clock(row.time)),
    h("span", { class: "meta" }, h("span", { class: "verdict" }, row.verdict), ` · ${meta.join(" · ")}`),
    outcome
      ? h("span", { class: `forward ${row.forward}` }, h("span", { class: "visually-hidden" }, "forwarded: "), outcome)
      : null,
  );
}
