// Times, sizes and outcomes in words.

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const isRefused = (row) => row.verdict !== "ok";

export const kind = (row) =>
  `${isRefused(row) ? "refused" : row.test ? "test" : "live"}${row.repeat ? " repeat" : ""}`;

export const plural = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** Returns the local time of unix seconds, with the day unless it is today. */
export const clock = (seconds) => local(seconds, CLOCK);

/** Returns the same without the seconds. */
export const minute = (seconds) => local(seconds, MINUTE);

function local(seconds, format) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds); // a sender may write any number
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? format.format(date) : `${DAY.format(date)}, ${format.format(date)}`;
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Returns what became of the forwards of a row, with a symbol. */
export function forwarded(row) {
  if (row.forward === "none") return "";
  if (row.forward === "pending") return "→ …";
  if (row.forward === "unknown") return "→ unknown";
  return `${row.forward === "failed" ? "⚠ " : ""}→ ${row.statuses}`;
}
