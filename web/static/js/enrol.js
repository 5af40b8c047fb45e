// Makes a passkey for the person who is signed in and sends its public half.
import { ask, fromBase64url, onPress, toBase64url } from "./passkey.js";

const area = document.querySelector("[data-enrol]");
const words = area.dataset;

async function enrol() {
  const asked = await ask(words.options, words.csrf, {});
  const publicKey = {
    ...asked,
    challenge: fromBase64url(asked.challenge),
    user: { ...asked.user, id: fromBase64url(asked.user.id) },
    excludeCredentials: (asked.excludeCredentials ?? []).map((known) => ({ ...known, id: fromBase64url(known.id) })),
  };
  const made = await navigator.credentials.create({ publicKey });
  return ask(words.to, words.csrf, {
    id: made.id,
    rawId: toBase64url(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: toBase64url(made.response.clientDataJSON),
      attestationObject: toBase64url(made.response.attestationObject),
    },
  });
}

onPress(area, window.PublicKeyCredential, enrol);
