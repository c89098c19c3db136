// One delivery, opened.

import { Refused, replay } from "./api.js";
import { byId, h } from "./dom.js";
import { clock, isRefused, kind, plural, size } from "./format.js";

const MAX_COLOURED = 64 * 1024;
const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = { true: "✗", false: "✓" };

/** Returns the content of the panel. `context` has `targets`, `can_sign`, `close` and `announce`. */
export function detail(row, found, context) {
  return [
    bar(`${row.method} ${row.target}`, context.close),
    verdictBox(row, found),
    facts(row, found),
    actions(row, found, context),
    forwards(row, found),
    section("Body", body(found), size(found.bytes)),
    section("Headers", headers(found), String(found.headers.length)),
  ];
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
  return h("section", {}, h("h3", {}, title, note ? h("span", { class: "note" }, note) : null), content);
}

function forwards(row, found) {
  if (found.forwards === null) return section("Response when forwarded", h("p", { class: "muted" }, "Not known."));
  if (row.forward === "pending" && found.forwards.length === 0) {
    return section("Response when forwarded", h("p", { class: "muted" }, "Being forwarded."));
  }
  return found.forwards.length ? section("Response when forwarded", found.forwards.map(outcome)) : null;
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

function body(found) {
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
  const result = h("div", { class: "result", role: "status" });
  const target = chooser(context.targets);
  const buttons = [];
  const editor = h("div", { class: "editor", hidden: true });
  const send = (content) => sent(row.number, { target: Number(target?.value ?? 0), ...content }, buttons, result, context);
  const button = (text, reason, onclick, class_ = null) => {
    const one = h("button", { type: "button", class: class_, disabled: reason !== "", title: reason || null, onclick }, text);
    one.dataset.reason = reason;
    buttons.push(one);
    return one;
  };
  const where = context.targets.length ? "" : "Start jebbitctl with a target to replay to: --to or --forward-to.";
  const how = where || (context.can_sign ? "" : "Start jebbitctl with the shared secret to sign.");
  const editing = how || (found.editable ? "" : "The body cannot be edited as text.");
  const edit = () => {
    editor.hidden = false;
    const area = editor.querySelector("textarea");
    area.focus();
    area.setSelectionRange(0, 0);
    area.scrollTop = 0;
  };
  if (!editing) fillEditor(editor, found, send, button);
  const curl = curlBox(found);
  const main = h("div", { class: "buttons" },
    button("Replay", where, () => send({ re_sign: false })),
    button("Edit and re-sign", editing, edit),
    h("button", { type: "button", disabled: !found.curl, title: found.curl_error, onclick: () => copy(found.curl, curl, context) },
      "Copy as curl"),
    target ?? h("span", { class: "to isolated muted" }, context.targets.length ? `to ${context.targets[0]}` : ""));
  const why = [editing, found.curl_error && `No curl command: ${found.curl_error}.`].filter(Boolean).join(" ");
  return h("div", { class: "actions" }, main, why ? h("p", { class: "muted" }, why) : null, editor, result, curl);
}

function chooser(targets) {
  if (targets.length < 2) return null;
  return h("select", { "aria-label": "Replay to" }, targets.map((url, index) => h("option", { value: index }, url)));
}

function fillEditor(editor, found, send, button) {
  const area = h("textarea", { "aria-label": "Body to sign and send", spellcheck: "false", rows: "12" });
  area.value = found.body;
  const start = area.value;
  const submit = () => send(area.value === start ? { re_sign: true } : { re_sign: true, body: area.value });
  editor.append(
    area,
    h("p", { class: "muted" },
      "Unchanged, the recorded bytes are sent; changed, exactly this text. The signature is new.",
      found.genuine ? "" : " The recorded signature was not valid: the new one will be."),
    h("div", { class: "buttons" },
      button("Sign and send", "", submit, "primary"),
      h("button", { type: "button", class: "cancel", onclick: () => { editor.hidden = true; } }, "Cancel")));
}

async function sent(number, content, buttons, result, context) {
  for (const one of buttons) one.disabled = true;
  result.replaceChildren(h("p", { class: "muted" }, "Sending."));
  try {
    const found = await replay(number, content);
    const hint = !content.re_sign && [400, 401, 403].includes(found.status)
      ? h("p", { class: "muted" }, "Endpoints refuse old signatures. Edit and re-sign makes a new one.") : null;
    result.replaceChildren(h("h3", {}, "Response to the replay"), outcome(found), hint ?? "");
    context.announce(`Replayed: ${found.status ?? found.error}`);
  } catch (error) {
    const reason = error instanceof Refused ? "Not sent" : "Not known whether it was sent";
    result.replaceChildren(h("p", { class: "outcome refused" }, `✗ ${reason}: ${error.message}.`));
  } finally {
    for (const one of buttons) one.disabled = one.dataset.reason !== "";
  }
}

function curlBox(found) {
  return h("details", { class: "curl", hidden: !found.curl },
    h("summary", {}, "curl command"),
    h("pre", { tabindex: "0" }, found.curl ?? ""));
}

async function copy(text, box, context) {
  try {
    await navigator.clipboard.writeText(text);
    context.announce("Copied.");
    box.querySelector("summary").textContent = "curl command, copied";
  } catch {
    box.open = true;
    window.getSelection().selectAllChildren(box.querySelector("pre"));
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
