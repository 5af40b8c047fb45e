// Base64 both ways, and asking our own server with JSON.
export const toBase64 = (buffer) => {
  let text = "";
  for (const byte of new Uint8Array(buffer)) text += String.fromCharCode(byte);
  return btoa(text);
};
export const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
export const toBase64url = (buffer) => toBase64(buffer).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
export const fromBase64url = (text) => fromBase64(text.replace(/-/g, "+").replace(/_/g, "/"));

export async function ask(address, csrf, sent) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrf },
    body: JSON.stringify(sent),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail ?? String(answer.status));
  return told;
}

// What a browser refuses has a name; each is told in words of the page.
const NAMED = {
  NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known", SecurityError: "address",
};
const wordsFor = (error, words) => words[NAMED[error.name]] || error.message || words.failed;

// The one button of a page about passkeys: it acts and goes on, or tells why it cannot.
export function onPress(area, able, act) {
  const words = area.dataset;
  const button = area.querySelector("[data-do]");
  const told = area.querySelector("[data-told]");
  const tell = (text) => {
    told.textContent = text;
    told.hidden = false;
  };
  if (!able) {
    tell(words.cannot);
    return;
  }
  button.disabled = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    told.hidden = true;
    try {
      location.assign((await act()).next);
    } catch (error) {
      tell(wordsFor(error, words));
      button.disabled = false;
    }
  });
}
