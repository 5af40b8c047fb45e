// Members verify files here: digests are computed in this browser and only they are sent.
import { acceptDrops, hasher } from "./hashing.js";

const AT_ONCE = 300;
const area = document.querySelector("[data-verify]");
const words = document.getElementById("words").dataset;
const rows = document.querySelector("[data-rows]");
const missingBox = document.querySelector("[data-missing]");
const hash = hasher(area.dataset.worker);
const known = [];

function cell(row, label = "") {
  const made = row.insertCell();
  if (label) made.dataset.label = label;
  return made;
}

function addRow(file) {
  const row = rows.insertRow();
  const name = cell(row);
  name.textContent = file.name;
  const digest = document.createElement("code");
  digest.className = "small dim block break";
  name.append(digest);
  const verdict = cell(row);
  verdict.textContent = words.hashing;
  return { file, digest, verdict, exhibit: cell(row) };
}

async function take({ files }) {
  if (!files.length) return;
  document.querySelector("[data-answers]").hidden = false;
  for (const one of files.map(addRow)) {
    try {
      const { sha256, sm3 } = await hash(one.file, {
        sm3: true,
        progress: (part) => { one.verdict.textContent = `${words.hashing} ${Math.round(part * 100)} %`; },
      });
      one.digest.textContent = `SHA-256 ${sha256}`;
      known.push({ name: one.file.name, sha256, sm3, one });
    } catch {
      one.verdict.textContent = words.failed;
    }
  }
  await ask();
}

// The server answers for a bounded number of files at a time; an exhibit is missing
// when it is missing from every answer.
async function ask() {
  let missing = null;
  for (let at = 0; at < known.length; at += AT_ONCE) {
    const told = await askFor(known.slice(at, at + AT_ONCE));
    if (!told) return;
    const names = new Set(told.missing);
    missing = missing === null ? told.missing : missing.filter((name) => names.has(name));
  }
  showMissing(missing ?? []);
}

async function askFor(some) {
  const files = some.map(({ name, sha256, sm3 }) => ({ name, sha256, sm3 }));
  const matter = area.querySelector("[data-matter]").value;
  const answer = await fetch(area.dataset.to, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": area.dataset.csrf },
    body: JSON.stringify({ files, matter }),
  });
  const told = await answer.json();
  if (!answer.ok) {
    for (const { one } of some) one.verdict.textContent = told.detail ?? words.failed;
    return null;
  }
  told.files.forEach((verdict, at) => show(some[at].one, verdict));
  return told;
}

function show(one, verdict) {
  const pill = document.createElement("span");
  pill.className = `pill is-${verdict.verdict}`;
  pill.dataset.verdict = verdict.verdict;
  pill.textContent = verdict.verdict_text;
  one.verdict.replaceChildren(pill);
  one.exhibit.replaceChildren();
  if (!verdict.exhibit) return;
  const link = document.createElement("a");
  link.href = words.exhibit.replace("KEY", verdict.exhibit);
  link.textContent = verdict.exhibit_name;
  const since = document.createElement("span");
  since.className = "small dim block";
  since.textContent = `${words.since} ${verdict.received_at} · ${words.leaf} ${verdict.leaf}`;
  one.exhibit.append(link, since);
}

function showMissing(names) {
  missingBox.hidden = names.length === 0;
  const list = missingBox.querySelector("[data-missing-list]");
  list.replaceChildren(...names.map((name) => {
    const item = document.createElement("li");
    item.textContent = name;
    return item;
  }));
}

const pick = area.querySelector("[data-pick]");
pick.addEventListener("change", () => {
  take({ files: [...pick.files] });
  pick.value = "";
});
area.querySelector("[data-matter]").addEventListener("change", () => { if (known.length) ask(); });
acceptDrops(area, take);
