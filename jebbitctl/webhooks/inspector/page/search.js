// Searches on the server, in steps, newest deliveries first; and again when there are new ones.

import { search, Unreachable } from "./api.js";

const PAUSE_MS = 150;
const OVERLAP = 100; // deliveries that come at the same time may be added in another order

export class Search {
  /** `started` is called when there is another text, `changed` when there are other results. */
  constructor(input, started, changed) {
    this.input = input;
    this.started = started;
    this.changed = changed;
    this.text = "";
    this.found = new Set();
    this.newest = 0;
    this.isRunning = false;
    this.wasCutOff = false;
    this.abort = new AbortController();
    input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.start(), PAUSE_MS);
    });
  }

  /** Returns whether a delivery matches, as far as is known. */
  includes(number) {
    return this.text === "" || this.found.has(number);
  }

  /** Removes the text. */
  clear() {
    this.input.value = "";
    this.start();
  }

  /** Searches the deliveries that came since the last search. */
  refresh() {
    if (this.text !== "" && !this.isRunning) this.run(Math.max(this.newest - OVERLAP, 0));
  }

  /** Goes on with a search that got no answer. */
  retry() {
    if (this.wasCutOff) this.run(0);
  }

  start() {
    if (this.input.value === this.text) return;
    this.abort.abort();
    this.text = this.input.value;
    this.found = new Set();
    this.newest = 0;
    this.isRunning = false;
    this.wasCutOff = false;
    this.started();
    if (this.text === "") this.changed();
    else this.run(0);
  }

  async run(after) {
    const { signal } = (this.abort = new AbortController());
    this.isRunning = true;
    this.wasCutOff = false;
    try {
      let before = null;
      do {
        const step = await search(this.text, after, before, signal);
        for (const number of step.numbers) this.found.add(number);
        this.newest = Math.max(this.newest, step.newest);
        before = step.before;
        if (before === null) this.isRunning = false;
        this.changed();
      } while (before !== null);
    } catch (error) {
      if (signal.aborted) return;
      this.wasCutOff = error instanceof Unreachable;
      this.isRunning = this.wasCutOff; // what is shown is not all
      this.changed();
    }
  }
}
