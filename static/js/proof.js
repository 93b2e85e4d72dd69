// Finds the number that a form asks for when much was sent from the same place: nothing to read nor
// to press. Without this, or without its means, the question in words stays.
const bits = (digest) => new DataView(digest).getUint32(0);
const encoder = new TextEncoder();
const AT_ONCE = 64;

const find = async (token, wanted) => {
  const below = 2 ** (32 - wanted);
  for (let start = 0; ; start += AT_ONCE) {
    const tries = Array.from({ length: AT_ONCE }, (_, rank) =>
      crypto.subtle.digest("SHA-256", encoder.encode(`${token}:${start + rank}`)));
    const rank = (await Promise.all(tries)).findIndex((digest) => bits(digest) < below);
    if (rank >= 0) return start + rank;
  }
};

const prove = (box) => {
  const form = box.closest("form");
  const number = form.elements.proof_number;
  box.querySelector("[data-proof-question]").hidden = true;
  const found = find(form.elements.proof_token.value, Number(box.dataset.bits)).then((value) => {
    number.value = value;
    box.querySelector("[data-proof-said]").textContent = box.dataset.done;
  });
  // Who presses the button before the number is found waits for it, and presses once.
  form.addEventListener("submit", (event) => {
    if (number.value) return;
    event.preventDefault();
    found.then(() => {
      delete form.dataset.sent;
      form.requestSubmit();
    });
  });
};

if (globalThis.crypto?.subtle) for (const box of document.querySelectorAll("[data-proof]")) prove(box);
