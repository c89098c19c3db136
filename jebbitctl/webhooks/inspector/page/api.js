// Talks to the server, whose address is the page's own.

/** An answer that is an error; its message is the server's reason. */
export class Refused extends Error {}

/** There is no answer. */
export class Unreachable extends Error {}

const POLL_TIMEOUT_MS = 5000; // a suspended process keeps its connections
const TIMEOUT_MS = 30000; // to explain a refusal takes time

const within = (milliseconds) => ({ signal: AbortSignal.timeout(milliseconds) });

async function answer(path, options) {
  let response;
  let text;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
    text = await response.text();
  } catch (error) {
    throw new Unreachable("jebbitctl does not answer", { cause: error });
  }
  if (response.ok) return JSON.parse(text);
  let reason = text.trim();
  try {
    reason = JSON.parse(text).error;
  } catch {
    // the reason is plain text
  }
  throw new Refused(reason || `status ${response.status}`);
}

export const about = () => answer("about", within(POLL_TIMEOUT_MS));

export const changes = (after) => answer(`deliveries?after=${after}`, within(POLL_TIMEOUT_MS));

export const details = (number) => answer(`deliveries/${number}`, within(TIMEOUT_MS));

export function search(text, after, before, signal) {
  const query = new URLSearchParams({ text, after, before: before ?? "" });
  return answer(`search?${query}`, { signal });
}

export function replay(number, content) {
  return answer(`deliveries/${number}/replay`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
}
