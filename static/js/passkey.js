// Passkeys: the browser signs a challenge of the server. Forms that need one stay hidden where the
// browser has none; a code serves as well.
const { PublicKeyCredential: Keys } = window;

async function sign(form) {
  const answer = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "X-CSRFToken": form.elements.csrf_token.value },
  });
  if (!answer.ok) throw new Error(answer.status);
  const options = await answer.json();
  return form.dataset.passkey === "create"
    ? navigator.credentials.create({ publicKey: Keys.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: Keys.parseRequestOptionsFromJSON(options) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!Keys?.parseCreationOptionsFromJSON) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      form.elements.credential.value = JSON.stringify((await sign(form)).toJSON());
      form.requestSubmit();
    } catch {
      failed.hidden = false;
    }
  });
}
