// One worker a page; `hash(file, {sm3, progress})` answers {sha256, sm3}.

export function hasher(address) {
  const worker = new Worker(address);
  const asked = new Map();
  let last = 0;
  worker.addEventListener("message", ({ data }) => {
    const one = asked.get(data.id);
    if (!one) return;
    if (data.done !== undefined) {
      one.progress?.(data.done / data.size);
    } else {
      asked.delete(data.id);
      if (data.error) one.reject(new Error(data.error));
      else one.resolve({ sha256: data.sha256, sm3: data.sm3 });
    }
  });
  worker.addEventListener("error", (event) => {
    for (const one of asked.values()) one.reject(new Error(event.message));
    asked.clear();
  });
  return (file, { sm3 = false, progress } = {}) => new Promise((resolve, reject) => {
    last += 1;
    asked.set(last, { resolve, reject, progress });
    worker.postMessage({ id: last, file, sm3 });
  });
}

// Files of a drop, without folders, which have no bytes to send.
export function droppedFiles(transfer) {
  const files = [];
  const folders = [];
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    if (entry?.isDirectory) folders.push(entry.name);
    else files.push(item.getAsFile());
  }
  return { files: files.filter(Boolean), folders };
}

export function acceptDrops(area, take) {
  let depth = 0;
  const over = (on) => area.classList.toggle("over", on);
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) { depth += 1; over(true); }
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    over(depth > 0);
  });
  document.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    take(droppedFiles(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) take({ files, folders: [] });
  });
}
