// Talks to the server, whose address is the page's own.

/** An answer that is an error; its message is the server's reason. */
export class Refused extends Error {}

/** There is no answer. */
export class Unreachable extends Error {}

async function answer(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
  } catch {
    throw new Unreachable("jebbitctl does not answer");
  }
  if (response.ok) return response.json();
  const text = await response.text();
  let reason = text.trim();
  try {
    reason = JSON.parse(text).error;
  } catch {
    // the reason is plain text
  }
  throw new Refused(reason || `status ${response.status}`);
}

export const about = () => answer("about");

export const changes = (after) => answer(`deliveries?after=${after}`);

export const details = (number) => answer(`deliveries/${number}`);

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
