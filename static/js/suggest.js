// Suggestions under a text field: the combobox pattern of ARIA 1.2, nothing chosen in advance.
// Without this script, or when the network is down, the field is a plain text field.
const WAIT_MS = 150;
const SHORTEST = 2;
let count = 0;

const element = (name, attributes, text = "") => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const told = (total) => {
  if (!total) return "Aucune suggestion.";
  return total === 1 ? "1 suggestion, flèche du bas pour la lire." : `${total} suggestions, flèche du bas pour les lire.`;
};

// `take(choice, input)` is called with what was chosen; it fills the field by itself otherwise.
function combobox(field, address, take = (choice, input) => { input.value = choice.label; }) {
  const input = field.querySelector("input");
  const id = `suggestions-${(count += 1)}`;
  const list = element("div", { id, class: "suggestions", role: "listbox", "aria-label": input.labels[0].textContent });
  const status = element("p", { class: "sr", role: "status" });
  let choices = [];
  let options = [];
  let chosen = -1;
  let timer;
  let request;

  list.hidden = true;
  input.after(list, status);
  for (const [name, value] of Object.entries({
    role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id,
  })) input.setAttribute(name, value);

  function forget() {
    clearTimeout(timer);
    request?.abort();
  }

  function close() {
    forget();
    list.hidden = true;
    mark(-1);
    input.setAttribute("aria-expanded", "false");
    status.textContent = "";
  }

  function mark(index) {
    chosen = index;
    options.forEach((option, rank) => option.setAttribute("aria-selected", String(rank === chosen)));
    if (chosen < 0) return input.removeAttribute("aria-activedescendant");
    options[chosen].scrollIntoView({ block: "nearest" });
    return input.setAttribute("aria-activedescendant", options[chosen].id);
  }

  function optionOf(choice, rank) {
    const option = element("div", { id: `${id}-${rank}`, role: "option", "aria-selected": "false" });
    option.append(element("span", {}, choice.label));
    if (choice.hint) option.append(" ", element("small", {}, choice.hint));
    return option;
  }

  // Choices of a same group follow each other; without groups, options are the list's own.
  function show(found) {
    choices = found;
    options = found.map(optionOf);
    list.replaceChildren();
    let group;
    found.forEach((choice, rank) => {
      if (choice.group && choice.group !== group?.getAttribute("aria-label")) {
        group = element("div", { role: "group", "aria-label": choice.group });
        group.append(element("div", { class: "suggestions__t", "aria-hidden": "true" }, choice.group));
        list.append(group);
      }
      (group ?? list).append(options[rank]);
    });
    mark(-1);
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    status.textContent = told(found.length);
  }

  async function ask() {
    const own = (request = new AbortController());
    try {
      const answer = await fetch(address + encodeURIComponent(input.value.trim()), { signal: own.signal });
      const found = answer.ok ? await answer.json() : [];
      // A late answer, or one for a field that was left, is not shown.
      if (request === own && !own.signal.aborted && document.activeElement === input) show(found);
    } catch {
      // The person typed on, or the network is down.
    }
  }

  function choose(rank) {
    const choice = choices[rank];
    close();
    take(choice, input);
  }

  const moves = {
    ArrowDown: () => mark((chosen + 1) % options.length),
    ArrowUp: () => mark((Math.max(chosen, 0) || options.length) - 1),
    // In the text until an option is read, as in any field.
    Home: () => (chosen < 0 ? false : mark(0)),
    End: () => (chosen < 0 ? false : mark(options.length - 1)),
    Enter: () => (chosen < 0 ? false : choose(chosen)),
    Escape: close,
  };

  input.addEventListener("input", () => {
    forget();
    if (input.value.trim().length < SHORTEST) close();
    else timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (list.hidden || !moves[event.key]) return;
    if (moves[event.key]() !== false) event.preventDefault();
  });
  input.addEventListener("blur", close);
  input.form?.addEventListener("submit", close);
  // Pressing the list must not take the focus away from the field, which would close it.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(options.indexOf(option));
  });
}

export function suggestPlaces(field) {
  combobox(field, "/lieux?q=");
}

// A profession or a diploma fills the words, a place its own field; a structure opens its page.
export function suggestWords(field) {
  combobox(field, "/recherche/suggestions?q=", (choice, input) => {
    const where = input.form.elements.ou;
    if (choice.url) return location.assign(choice.url);
    if (choice.kind === "place" && where) {
      where.value = choice.value;
      input.value = "";
      return where.focus();
    }
    input.value = choice.value;
    return undefined;
  });
}

// The commune of the last search, kept in this browser alone and offered in the next empty field.
const LAST_PLACE = "last-place";

export function rememberPlace(place) {
  try {
    localStorage.setItem(LAST_PLACE, place);
  } catch {
    // The browser keeps nothing: the person types her commune again.
  }
}

export function offerPlace(field) {
  const input = field.querySelector("input");
  try {
    if (!input.value) input.value = localStorage.getItem(LAST_PLACE) ?? "";
  } catch {
    // As above.
  }
}
