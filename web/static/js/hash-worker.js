// Hashes one file at a time, in pieces, so that a file of any size fits in memory.
// Message in: {id, file, sm3}. Messages out: {id, done, size} … {id, sha256, sm3}.
"use strict";
importScripts("../vendor/sha256.umd.min.js", "../vendor/sm3.umd.min.js");

const PIECE = 4 << 20;
let queue = Promise.resolve();

async function digest({ id, file, sm3 }) {
  const hashers = [await hashwasm.createSHA256()];
  if (sm3) hashers.push(await hashwasm.createSM3());
  for (let at = 0; at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    for (const hasher of hashers) hasher.update(bytes);
    self.postMessage({ id, done: Math.min(at + PIECE, file.size), size: file.size });
  }
  const [sha256, second] = hashers.map((hasher) => hasher.digest("hex"));
  self.postMessage({ id, sha256, sm3: second });
}

self.addEventListener("message", ({ data }) => {
  queue = queue.then(() => digest(data)).catch((error) => {
    self.postMessage({ id: data.id, error: String(error) });
  });
});
