// Uploads of the matter page: hash, send, compare, then wait for the reading.
import { acceptDrops, hasher } from "./hashing.js";

const AT_ONCE = 2;
const ASK_AGAIN_MS = 2500;
const form = document.querySelector("[data-upload]");
const words = document.getElementById("words").dataset;
const tray = document.querySelector("[data-tray]");
const lines = document.querySelector("[data-tray-lines]");
const token = form.querySelector("[name=csrf_token]").value;
const hash = hasher(form.dataset.worker);
const waiting = [];
const all = [];
let running = 0;

function addLine(name) {
  const item = document.createElement("li");
  const line = document.createElement("div");
  line.className = "line";
  const label = document.createElement("span");
  label.textContent = name;
  label.title = name;
  const told = document.createElement("span");
  told.className = "told";
  line.append(label, told);
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", name);
  item.append(line, bar);
  lines.prepend(item);
  tray.hidden = false;
  return { item, told, bar };
}

function tell(job, text, kind = "") {
  job.told.textContent = text;
  job.told.className = `told ${kind}`;
}

function sum() {
  const done = all.filter((job) => job.received).length;
  document.querySelector("[data-sum]").textContent =
    words.sum.replace("{done}", done).replace("{total}", all.length);
}

function take({ files, folders }) {
  for (const name of folders) fail(addLine(name), words.folder);
  for (const file of files) {
    const job = Object.assign(addLine(file.name), { file });
    if (file.size === 0) { fail(job, words.empty); continue; }
    if (file.size > Number(form.dataset.limit)) { fail(job, words.large); continue; }
    all.push(job);
    tell(job, words.queued);
    waiting.push(job);
  }
  sum();
  for (let i = 0; i < AT_ONCE; i += 1) start();
}

async function start() {
  if (running >= AT_ONCE || waiting.length === 0) return;
  running += 1;
  const job = waiting.shift();
  try {
    await upload(job);
  } catch (error) {
    fail(job, error.message || words.failed, true);
  }
  running -= 1;
  sum();
  start();
}

async function upload(job) {
  tell(job, words.hashing);
  job.bar.removeAttribute("hidden");
  const { sha256 } = await hash(job.file, {
    progress: (part) => { job.bar.value = part * 0.3; },
  });
  tell(job, words.sending);
  const answer = await send(job, sha256);
  if (answer.sha256 !== sha256) throw new Error(words.differs);
  job.received = answer;
  job.bar.value = 1;
  const again = Boolean(answer.duplicate_of);
  tell(job, again ? words.again : `✓ ${words.same}`, again ? "note" : "good");
  watch();
}

function send(job, sha256) {
  const body = new FormData();
  body.append("sha256", sha256);
  body.append("file", job.file, job.file.name);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "json";
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", token);
  request.upload.addEventListener("progress", (event) => {
    job.bar.value = 0.3 + 0.65 * (event.loaded / event.total);
  });
  return new Promise((resolve, reject) => {
    request.addEventListener("load", () => {
      if (request.status === 201 && request.response) resolve(request.response);
      else reject(new Error(request.response?.detail ?? words.failed));
    });
    request.addEventListener("error", () => reject(new Error(words.lost)));
    request.addEventListener("abort", () => reject(new Error(words.lost)));
    request.send(body);
  });
}

function fail(job, reason, again = false) {
  tell(job, reason, "bad");
  job.bar.hidden = true;
  if (!again) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = words.retry;
  button.addEventListener("click", () => {
    button.remove();
    tell(job, words.queued);
    waiting.push(job);
    start();
  });
  job.item.append(button);
}

// The table follows the readings; rows that are not there yet come with a reload,
// which waits until nothing is being sent.
const unfinished = () => document.querySelector("[data-exhibits] [data-is=received]");
let watching = false;

async function watch() {
  if (watching) return;
  watching = true;
  do {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    await refresh();
  } while (unfinished() || waiting.length || running);
  watching = false;
}

async function refresh() {
  const answer = await fetch(form.dataset.status, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { exhibits } = await answer.json();
  for (const one of exhibits) show(one);
  const known = new Set([...document.querySelectorAll("[data-exhibit]")].map((row) => row.dataset.exhibit));
  const missing = exhibits.some((one) => !known.has(one.exhibit));
  if (missing && running === 0 && waiting.length === 0) await fetchRows();
}

function show(one) {
  const row = document.querySelector(`[data-exhibit="${one.exhibit}"]`);
  if (!row || row.dataset.is === one.state) return;
  row.dataset.is = one.state;
  const pill = row.querySelector("[data-state]");
  pill.textContent = one.state_text;
  pill.className = `pill is-${one.state}`;
  if (one.name) row.querySelector("[data-name]").textContent = one.name;
  row.querySelector("[data-type]").textContent = one.type;
  row.querySelector("[data-date]").textContent = one.date;
  if (one.state !== "received") fetchRows();
}

// Takes the exhibits' section of a fresh copy of this page: one source of its HTML.
async function fetchRows() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const section = document.getElementById("exhibits").closest("section");
  if (section.contains(document.activeElement)) return;
  section.replaceWith(fresh.getElementById("exhibits").closest("section"));
}

form.querySelector("[data-plain]").hidden = true;
const pick = form.querySelector("[data-pick]");
pick.addEventListener("change", () => {
  take({ files: [...pick.files], folders: [] });
  pick.value = "";
});
form.addEventListener("submit", (event) => event.preventDefault());
acceptDrops(form, take);
document.querySelector("[data-tray-close]").addEventListener("click", () => { tray.hidden = true; });
window.addEventListener("beforeunload", (event) => {
  if (running || waiting.length) event.preventDefault();
});
if (unfinished()) watch();
