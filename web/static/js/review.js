// Review: candidates fill the fields, the name is previewed as it will be.
const form = document.querySelector("[data-review]");
const output = form.querySelector("[data-output]");
const echo = form.querySelector("[data-echo]");
const fields = {
  type: form.querySelector("input[name=type]"),
  date: form.querySelector("input[name=date]"),
};
const keys = document.querySelector("[data-keys]");
let asked = 0;
let timer;

async function preview() {
  asked += 1;
  const mine = asked;
  const typed = new URLSearchParams({ type: fields.type.value, date: fields.date.value });
  const answer = await fetch(`${form.dataset.preview}?${typed}`, { headers: { Accept: "application/json" } });
  if (!answer.ok || mine !== asked) return;
  const { name, date, problem } = await answer.json();
  output.textContent = problem || name;
  output.parentElement.classList.toggle("bad", Boolean(problem));
  echo.textContent = date;
  for (const chip of form.querySelectorAll("[data-fill]")) {
    chip.classList.toggle("on", fields[chip.dataset.fill].value === chip.value);
  }
}

for (const chip of form.querySelectorAll("[data-fill]")) {
  chip.type = "button";
  chip.addEventListener("click", () => {
    fields[chip.dataset.fill].value = chip.value;
    fields[chip.dataset.fill].focus();
    preview();
  });
}
form.querySelector("[data-plain]").hidden = true;
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(preview, 200);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "?" && !typing) keys.open = !keys.open;
  if (event.key === "Enter" && !event.target.closest("a, button, summary, input, textarea, select")) form.requestSubmit(form.querySelector(".primary"));
  if (event.altKey && event.key.toLowerCase() === "n") document.querySelector("[data-skip]")?.click();
});
