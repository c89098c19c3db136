// One delivery, opened.

import { Refused, replay } from "./api.js";
import { byId, h } from "./dom.js";
import { clock, isRefused, kind, plural, size } from "./format.js";

const MAX_COLOURED = 64 * 1024;
const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const COPIED = "✓ Copied";
const drafts = new Map(); // what was edited and not cancelled, by the number of its delivery
const MARK = { true: "✗", false: "✓" };

/** Returns the content of the panel. `context` has `targets`, `close` and `announce`. */
export function detail(row, found, context) {
  return [
    bar(`${row.method} ${row.target}`, context.close),
    verdictBox(row, found),
    facts(row, found),
    actions(row, found, context),
    forwards(row, found),
    body(found, context),
    section("Headers", headers(found), String(found.headers.length)),
  ];
}

/** Shows what may have changed; what is done in the rest of the panel goes on. Returns false if nothing is opened. */
export function update(row, found) {
  const [oldFacts, oldForwards] = [".facts", ".forwards"].map((name) => byId("detail").querySelector(name));
  oldFacts?.replaceWith(facts(row, found));
  oldForwards?.replaceWith(forwards(row, found));
  return oldFacts !== null;
}

/** Returns the content of the panel until the delivery is there. */
export function loading(row, close) {
  return [bar(`${row.method} ${row.target}`, close), h("p", { class: "muted" }, "Loading.")];
}

/** Returns the content of the panel for a delivery that cannot be shown. */
export function unavailable(number, reason, close) {
  return [bar(`Delivery ${number}`, close), h("p", { class: "outcome refused" }, `✗ Not shown: ${reason}.`)];
}

function bar(title, close) {
  return h("div", { class: "bar" },
    h("button", { type: "button", class: "back", onclick: close }, "← List"),
    h("h2", { id: "detail-title", class: "isolated" }, title),
    h("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "✕"));
}

function verdictBox(row, found) {
  const refused = isRefused(row);
  const explanation = found.explanation;
  return h("div", { class: `verdict-box ${refused ? "refused" : "ok"}` },
    h("p", {}, h("strong", {}, `${MARK[refused]} ${row.verdict}`), ` ${found.verdict_text}`),
    explanation ? h("p", {}, explanation.explanation) : null,
    explanation?.fix ? h("p", { class: "fix" }, explanation.fix) : null,
    refused && !explanation
      ? h("p", { class: "fix" }, "To see why, start jebbitctl with the shared secret: --integration or --secret-file.")
      : null);
}

function facts(row, found) {
  const pairs = [
    ["Number", String(row.number)],
    ["Received", h("time", { datetime: found.time, title: found.time }, clock(row.time))],
    ["Kind", kind(row)],
    ["Sender got", found.status === null ? "" : String(found.status)],
    ["Signed", found.timestamp === null ? "" : h("span", { title: `t=${found.timestamp}` }, signed(found))],
    ["Secret", found.secret],
    ["Masked", found.masked ? "personal data was masked when it was recorded" : ""],
  ];
  return h("dl", { class: "facts" }, pairs.filter(([, value]) => value).map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", { class: "isolated" }, value))));
}

function signed({ timestamp, age_seconds: age }) {
  const seconds = plural(Math.abs(age), "second", "seconds");
  return `${clock(timestamp)}, ${seconds} ${age < 0 ? "after" : "before"} it was received`;
}

function section(title, content, note = "") {
  return h("section", {}, h("h3", {}, title, note ? h("span", { class: "note" }, ` ${note}`) : null), content);
}

function forwards(row, found) {
  const one = section("Response when forwarded", responses(row, found));
  one.classList.add("forwards");
  one.hidden = found.forwards?.length === 0 && row.forward !== "pending";
  return one;
}

function responses(row, found) {
  if (found.forwards === null) return h("p", { class: "muted" }, "Not known.");
  const pending = row.forward === "pending" ? h("p", { class: "muted" }, "Being forwarded.") : null;
  return [...found.forwards.map(outcome), pending];
}

/** Returns what became of a delivery at a URL. */
export function outcome(one) {
  const took = `${one.milliseconds} ms`;
  const attempts = one.attempts > 1 ? `, ${plural(one.attempts, "attempt", "attempts")}` : "";
  return h("div", { class: `outcome ${one.ok ? "ok" : "refused"}` },
    h("p", {},
      h("strong", {}, `${one.ok ? "✓" : "✗"} ${one.status ?? "no response"}`), ` in ${took}${attempts} `,
      h("span", { class: "url isolated" }, one.url)),
    one.error ? h("p", { class: "isolated" }, one.error) : null,
    one.response ? h("pre", { tabindex: "0" }, one.response) : null);
}

function body(found, context) {
  const one = section("Body", bodyText(found), size(found.bytes));
  if (!found.body || found.is_cut) return one;
  const copying = button("Copy", "", () => copy(found.body, one.querySelector("pre"), copying, context), "copy");
  copying.setAttribute("aria-label", "Copy body");
  one.prepend(h("div", { class: "heading" }, one.querySelector("h3"), copying));
  return one;
}

function bodyText(found) {
  const cut = found.is_cut ? "The body is longer than what is shown here." : "";
  const omitted = found.omitted_bytes ? `${found.omitted_bytes} more bytes were not recorded.` : "";
  const pre = h("pre", { class: "body", tabindex: "0", "aria-label": "Body" });
  if (found.is_json && found.body.length <= MAX_COLOURED) pre.append(...coloured(found.body));
  else pre.textContent = found.body;
  if (!found.body) return h("p", { class: "muted" }, "Empty.");
  return [pre, cut || omitted ? h("p", { class: "muted" }, `${cut} ${omitted}`.trim()) : null];
}

/** Returns JSON as text nodes and elements with a class for each kind of token. */
function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const token = match[1] ?? match[0];
    const name = match[1] ? (match[2] ? "name" : "string") : "literal";
    parts.push(text.slice(end, match.index), h("span", { class: name }, token));
    end = match.index + token.length;
  }
  parts.push(text.slice(end));
  return parts;
}

function headers(found) {
  return h("table", { class: "headers" }, h("tbody", {}, found.headers.map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row", class: "isolated" }, name), h("td", { class: "isolated" }, value)))));
}

function actions(row, found, context) {
  const result = h("div", { class: "result" });
  const target = chooser(context.targets);
  const senders = [];
  const send = (content) => sent(row.number, { target: Number(target?.value ?? 0), ...content }, senders, result, context);
  const sender = (text, reason, onclick, class_ = null) => {
    const one = button(text, reason, () => one.ariaDisabled !== "true" && onclick(), class_);
    senders.push(one);
    return one;
  };
  const reasons = unavailability(found, context);
  const editor = h("div", { class: "editor", hidden: !drafts.has(row.number) });
  const edit = button("Edit and re-sign", reasons.edit, () => {
    editor.hidden = false;
    const area = editor.querySelector("textarea");
    area.focus();
    area.setSelectionRange(0, 0);
    area.scrollTop = 0;
  });
  const close = () => {
    editor.hidden = true;
    drafts.delete(row.number);
    edit.focus();
  };
  if (!reasons.edit) fillEditor(editor, row.number, found, send, sender, close);
  const curl = curlBox(found);
  const copying = button("Copy as curl", reasons.curl,
    () => copy(found.curl, curl.querySelector("pre"), copying, context));
  const main = h("div", { class: "buttons" },
    sender("Replay", reasons.replay, () => send({ re_sign: false })),
    edit,
    copying,
    target ?? h("span", { class: "to isolated muted" }, context.targets.length ? `to ${context.targets[0]}` : ""));
  const why = [...new Set(Object.values(reasons))].join(" ").trim();
  return h("div", { class: "actions" }, main, why ? h("p", { class: "muted" }, why) : null, editor, result, curl);
}

function button(text, reason, onclick, class_ = null) {
  return h("button", { type: "button", class: class_, disabled: reason !== "", title: reason || null, onclick }, text);
}

/** Returns why each action cannot work, or an empty text. */
function unavailability(found, context) {
  const where = context.targets.length ? "" : "Start jebbitctl with a target to replay to: --to or --forward-to.";
  const how = found.signs_with === null ? "Start jebbitctl with the shared secret to sign." : "";
  const omitted = found.omitted_bytes ? "The body was not recorded in full." : "";
  const masked = found.masked ? "The body is masked, so that its signature no longer fits." : "";
  return {
    replay: where || omitted || masked,
    edit: where || how || (found.editable ? "" : "The body cannot be edited as text."),
    curl: found.curl ? "" : `No curl command: ${found.curl_error}.`,
  };
}

function chooser(targets) {
  if (targets.length < 2) return null;
  return h("select", { "aria-label": "Replay to" }, targets.map((url, index) => h("option", { value: index }, url)));
}

function fillEditor(editor, number, found, send, sender, close) {
  const keep = () => drafts.set(number, area.value);
  const area = h("textarea", { "aria-label": "Body to sign and send", spellcheck: "false", rows: "12", oninput: keep });
  area.value = found.body;
  const start = area.value;
  area.value = drafts.get(number) ?? start;
  const submit = () => send(area.value === start ? { re_sign: true } : { re_sign: true, body: area.value });
  const secret = found.signs_with ? `the secret from ${found.signs_with}` : "the shared secret";
  editor.append(
    area,
    h("p", { class: "muted isolated" },
      "Unchanged, the recorded bytes are sent; changed, exactly this text. ",
      `The signature is new, with ${secret}.`,
      found.genuine ? "" : " The recorded signature was not valid: the new one will be."),
    h("div", { class: "buttons" },
      sender("Sign and send", "", submit, "primary"),
      button("Cancel", "", close, "cancel")));
}

async function sent(number, content, senders, result, context) {
  for (const one of senders) one.ariaDisabled = "true"; // disabled, it would lose the focus
  result.replaceChildren(h("p", { class: "muted" }, "Sending."));
  try {
    const found = await replay(number, content);
    const hint = !content.re_sign && [400, 401, 403].includes(found.status)
      ? h("p", { class: "muted" }, "Endpoints refuse old signatures. Edit and re-sign makes a new one.") : null;
    result.replaceChildren(h("h3", {}, "Response to the replay"), outcome(found), hint ?? "");
    context.announce(`Replayed: ${found.status ?? found.error}`);
  } catch (error) {
    const reason = `${error instanceof Refused ? "Not sent" : "Not known whether it was sent"}: ${error.message}.`;
    result.replaceChildren(h("p", { class: "outcome refused" }, `✗ ${reason}`));
    context.announce(reason);
  } finally {
    for (const one of senders) one.ariaDisabled = null;
  }
}

function curlBox(found) {
  return h("details", { class: "curl", hidden: !found.curl },
    h("summary", {}, "curl command"),
    h("pre", { tabindex: "0", "aria-label": "curl command" }, found.curl ?? ""));
}

/** Copies text, or else selects the element that shows it. */
async function copy(text, shown, pressed, context) {
  try {
    await navigator.clipboard.writeText(text);
    const label = pressed.textContent;
    if (label !== COPIED) setTimeout(() => { pressed.textContent = label; }, 2000);
    pressed.textContent = COPIED;
    context.announce("Copied.");
  } catch {
    const box = shown.closest("details");
    if (box) box.open = true;
    window.getSelection().selectAllChildren(shown);
    context.announce("Not copied: copy the selected text.");
  }
}

/** Shows the panel with this content, or hides it. */
export function fill(content) {
  const panel = byId("detail");
  panel.hidden = content === null;
  document.body.classList.toggle("opened", content !== null);
  panel.replaceChildren(...(content ?? []).filter(Boolean));
  panel.scrollTop = 0;
}
