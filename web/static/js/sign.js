// Signs a statement with a passkey. What is shown is made from the very bytes whose
// digest is signed; the server is not asked what to sign.
import { ask, fromBase64, onPress, toBase64 } from "./passkey.js";

const TYPE = "application/vnd.in-toto+json";
const area = document.querySelector("[data-sign]");
const words = area.dataset;
const payload = fromBase64(words.payload);

// DSSE: "DSSEv1" SP length(type) SP type SP length(body) SP body
function encoded(body) {
  const head = new TextEncoder().encode(`DSSEv1 ${TYPE.length} ${TYPE} ${body.length} `);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}

const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");

async function show() {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
  area.querySelector("[data-exact]").textContent = JSON.stringify(JSON.parse(text), null, 2);
  area.querySelector("[data-digest]").textContent = hex(await crypto.subtle.digest("SHA-256", encoded(payload)));
  area.querySelector("[data-exact-box]").hidden = false;
}

async function sign() {
  const challenge = await crypto.subtle.digest("SHA-256", encoded(payload));
  const allowCredentials = words.credentials.split(" ").filter(Boolean)
    .map((id) => ({ type: "public-key", id: fromBase64(id) }));
  const { response } = await navigator.credentials.get({
    publicKey: { challenge, rpId: words.rp, allowCredentials, userVerification: "required", timeout: 120000 },
  });
  return ask(words.to, words.csrf, {
    payload: words.payload,
    authenticatorData: toBase64(response.authenticatorData),
    clientDataJSON: toBase64(response.clientDataJSON),
    signature: toBase64(response.signature),
  });
}

const able = window.PublicKeyCredential && window.crypto?.subtle;
if (able) show();
onPress(area, able, sign);
