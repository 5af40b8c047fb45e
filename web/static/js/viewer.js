// Page pictures: zoom and turn the view (never the file), pages without reloading.
const viewer = document.querySelector("[data-viewer]");
const picture = viewer?.querySelector("[data-picture]");

if (picture) {
  const paper = picture.parentElement;
  const sheet = paper.parentElement;
  const total = Number(picture.dataset.total);
  const number = viewer.querySelector("[data-number]");
  let page = number ? Number(number.textContent) : 1;
  let zoom = 0;
  let turned = 0;

  const show = (wanted) => {
    page = Math.min(Math.max(wanted, 1), total);
    picture.src = picture.dataset.base + page;
    number.textContent = page;
    for (const mark of viewer.querySelectorAll("[data-mark]")) {
      mark.toggleAttribute("hidden", Number(mark.dataset.mark) !== page);
    }
    sheet.scrollTo(0, 0);
    viewer.querySelector("[data-page=previous]").toggleAttribute("href", page > 1);
    viewer.querySelector("[data-page=next]").toggleAttribute("href", page < total);
  };
  const zoomTo = (wanted) => {
    zoom = Math.min(Math.max(wanted, 0), 3);
    sheet.className = zoom ? `sheet z${zoom}` : "sheet";
  };
  const turn = () => {
    turned = (turned + 1) % 4;
    paper.className = turned ? `paper t${turned}` : "paper";
  };

  for (const tool of viewer.querySelectorAll("[data-zoom], [data-turn]")) tool.hidden = false;
  viewer.querySelector("[data-zoom=in]").addEventListener("click", () => zoomTo(zoom + 1));
  viewer.querySelector("[data-zoom=out]").addEventListener("click", () => zoomTo(zoom - 1));
  viewer.querySelector("[data-turn]").addEventListener("click", turn);
  picture.addEventListener("dblclick", () => zoomTo(zoom ? 0 : 2));
  for (const [name, step] of [["previous", -1], ["next", 1]]) {
    viewer.querySelector(`[data-page=${name}]`)?.addEventListener("click", (event) => {
      event.preventDefault();
      show(page + step);
    });
  }
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (typing && !event.altKey) return;
    const keys = { ArrowLeft: () => show(page - 1), ArrowRight: () => show(page + 1) };
    if (total > 1 && event.key in keys) { event.preventDefault(); keys[event.key](); }
    if (event.altKey && event.key.toLowerCase() === "r") { event.preventDefault(); turn(); }
    if (!typing && (event.key === "+" || event.key === "=")) zoomTo(zoom + 1);
    if (!typing && event.key === "-") zoomTo(zoom - 1);
  });
}
