// Lists, reads and watches contexts. The key is a variable of this page and is stored nowhere; the
// WebSocket gets a ticket that admits it once. Everything is shown as text.
"use strict";

const part = (id) => document.getElementById(id);
const path = (key) => "/v1/contexts/" + key.split("/").map(encodeURIComponent).join("/");
const MOST_CHANGES = 200;
let apiKey = "";
let prefix = "";
let opened = null;
let sequence = null;
let round = 0;

function say(text) {
  part("state").textContent = text;
}

async function ask(method, url) {
  const answer = await fetch(url, { method, headers: { Authorization: "Bearer " + apiKey } });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error((told.error && told.error.message) || "The server answered " + answer.status);
  }
  return answer;
}

async function list() {
  const rows = [];
  let cursor = null;
  do {
    const query = new URLSearchParams({ prefix, limit: "200" });
    if (cursor) query.set("cursor", cursor);
    const page = await (await ask("GET", "/v1/contexts?" + query)).json();
    rows.push(...page.data.map(row));
    cursor = page.next_cursor;
  } while (cursor && rows.length < 1000);
  part("list").replaceChildren(...rows);
}

function row(context) {
  const line = document.createElement("tr");
  const open = document.createElement("button");
  open.textContent = context.key;
  open.addEventListener("click", () => read(context.key).catch(fail));
  const cells = [open, context.version, context.updated_at, context.updated_by];
  for (const value of cells) {
    const cell = document.createElement("td");
    cell.append(value instanceof Node ? value : String(value));
    line.append(cell);
  }
  return line;
}

async function read(key) {
  opened = key;
  const context = await (await ask("GET", path(key))).json();
  const version = context.version;
  const isBytes = context.encoding === "base64";
  // As it is stored: parsing would round large numbers.
  const text = isBytes
    ? "(bytes, in base64) " + context.data
    : await (await ask("GET", path(key) + "?raw=true&version=" + version)).text();
  if (opened !== key) return;
  part("name").textContent = key + ", version " + version;
  part("content").textContent = text;
}

async function watch(mine) {
  const { ticket } = await (await ask("POST", "/v1/contexts/ws/tickets")).json();
  const scheme = location.protocol === "https:" ? "wss://" : "ws://";
  const url = scheme + location.host + "/v1/contexts/ws?ticket=" + encodeURIComponent(ticket);
  const socket = new WebSocket(url);
  socket.addEventListener("open", () => {
    const payload = { key: prefix + "*" };
    if (sequence !== null) payload.since = sequence;
    socket.send(JSON.stringify({ type: "subscribe-context", payload }));
    say("Watching.");
  });
  socket.addEventListener("message", (event) => {
    if (mine !== round) return socket.close();
    hear(JSON.parse(event.data)).catch(fail);
  });
  socket.addEventListener("close", (event) => {
    if (mine !== round) return;
    say("The connection ended. " + event.reason + " It is opened again.");
    setTimeout(() => watchOn(mine), 2000);
  });
}

function watchOn(mine) {
  if (mine !== round) return;
  watch(mine).catch((error) => {
    fail(error);
    setTimeout(() => watchOn(mine), 5000);
  });
}

async function hear(message) {
  const told = message.payload || {};
  if (typeof told.sequence === "number") sequence = told.sequence;
  if (message.type === "error") throw new Error(told.message);
  if (message.type === "heartbeat" || message.type === "subscribed-context") return;
  const line = document.createElement("li");
  const words = message.type.replace("context-", "");
  line.textContent = message.type === "reset"
    ? "Changes were missed: the list was read again."
    : [told.timestamp, told.key, "version " + told.version, words, "by " + told.by].join(" · ");
  part("changes").prepend(line);
  while (part("changes").childElementCount > MOST_CHANGES) part("changes").lastChild.remove();
  await list();
  if (told.key === opened && message.type !== "context-deleted") await read(opened);
}

function fail(error) {
  say(error.message);
}

part("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  apiKey = part("key").value.trim();
  prefix = part("prefix").value;
  part("key").value = "";
  round += 1;
  sequence = opened = null;
  part("changes").replaceChildren();
  list().then(() => watch(round)).catch(fail);
});
