// A line of text and its place on the page picture: pressing one shows the other.
// Without this script the links lead from one to the other all the same.
const area = document.querySelector("[data-places]");
const sheet = area?.querySelector("[data-sheet]");
const lines = area?.querySelector("[data-lines]");

if (sheet && lines) {
  let chosen = [];

  const both = (number) => [
    lines.querySelector(`[data-line="${number}"]`),
    sheet.querySelector(`[data-place="${number}"] polygon`),
  ];
  const choose = (number) => {
    for (const each of chosen) each.classList.remove("chosen");
    chosen = both(number);
    for (const each of chosen) each.classList.add("chosen");
    lines.querySelector("[aria-current]")?.removeAttribute("aria-current");
    chosen[0].setAttribute("aria-current", "true");
  };
  // Only the box itself is scrolled, never the page away from under the pointer.
  const bring = (box, element) => {
    const outer = box.getBoundingClientRect();
    const inner = element.getBoundingClientRect();
    const above = inner.top < outer.top;
    if (above || inner.bottom > outer.bottom) {
      box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
    }
  };

  lines.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    choose(link.dataset.line);
    bring(sheet, chosen[1]);
  });
  sheet.addEventListener("click", (event) => {
    const link = event.target.closest("[data-place]");
    if (!link) return;
    event.preventDefault();
    choose(link.dataset.place);
    bring(lines, chosen[0]);
  });
  const first = lines.querySelector("mark")?.closest("[data-line]");
  if (first) {
    choose(first.dataset.line);
    bring(sheet, chosen[1]);
    bring(lines, chosen[0]);
  }
}
