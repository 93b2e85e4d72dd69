// Small behaviours of every page, hooked on data- attributes. Each page works without them.
import { coach, keepDraft } from "./editor.js";
import { group } from "./group.js";
import { offerPlace, rememberPlace, suggestPlaces, suggestWords } from "./suggest.js";

document.querySelector("[data-error-summary]")?.focus();

// A second click while the answer is on its way sends nothing; coming back frees the form.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// Work is under way elsewhere: the page changes once, when it is done.
const look = async () => {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok && !(await answer.text()).includes("data-refresh")) location.reload();
  else setTimeout(look, 2000);
};
if (document.querySelector("[data-refresh]")) setTimeout(look, 2000);

for (const field of document.querySelectorAll("[data-place]")) suggestPlaces(field);
for (const field of document.querySelectorAll("[data-words]")) suggestWords(field);
for (const said of document.querySelectorAll("[data-place-said]")) rememberPlace(said.dataset.placeSaid);
for (const field of document.querySelectorAll("[data-last-place]")) offerPlace(field);
for (const form of document.querySelectorAll("[data-coach]")) coach(form);
for (const form of document.querySelectorAll("[data-keep]")) keepDraft(form);
for (const form of document.querySelectorAll("[data-group]")) group(form);

if (document.querySelector("[data-passkey]")) import("./passkey.js");
if (document.querySelector("[data-proof]")) import("./proof.js");
