// The editor of a listing: the coach reads as one writes, and the draft is kept. Both work by buttons without this.
const READ_AFTER_MS = 1000;
const KEEP_EVERY_MS = 15000;

const typed = (form) => {
  const body = new FormData(form);
  body.delete("action");
  return body;
};

export function coach(form) {
  const panel = document.querySelector("[data-coach-panel]");
  const status = document.querySelector("[data-coach-status]");
  let timer;
  let request;

  async function read() {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(form.dataset.coach, { method: "POST", body: typed(form), signal: request.signal });
      if (!answer.ok || answer.redirected) return;
      panel.innerHTML = await answer.text();
      const said = panel.querySelector("[data-coach-summary]").textContent;
      if (status.textContent !== said) status.textContent = said;
    } catch {
      // The person typed on, or the network is down: the button still works.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(read, READ_AFTER_MS);
  });
}

export function keepDraft(form) {
  const told = document.querySelector("[data-saved]");
  let changed = false;
  let saving = null;
  let stopped = false;

  async function save() {
    changed = false;
    try {
      const answer = await fetch(form.dataset.keep, { method: "POST", body: typed(form) });
      if (answer.redirected || answer.status === 401) throw new Error("signed out");
      const { version, message } = await answer.json();
      if (version) form.elements.version.value = version;
      stopped = answer.status === 409;
      if (told.textContent !== message) told.textContent = message;
    } catch {
      // Not kept: try again at the next turn. What is typed is still on the screen.
      changed = true;
      told.textContent = told.dataset.saved;
    }
  }

  form.addEventListener("input", () => { changed = true; });
  setInterval(() => {
    if (!changed || stopped || saving) return;
    saving = save().finally(() => { saving = null; });
  }, KEEP_EVERY_MS);
  // A draft on its way raises the version: wait for it, then send what was asked.
  form.addEventListener("submit", (event) => {
    stopped = true;
    if (!saving) return;
    event.preventDefault();
    const button = event.submitter;
    saving.then(() => form.requestSubmit(button));
  });
}
