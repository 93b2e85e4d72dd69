// Suggestions of communes under a text field: the combobox pattern of ARIA 1.2, list not chosen in advance.
const WAIT_MS = 120;
let count = 0;

export function suggestPlaces(field) {
  const input = field.querySelector("input");
  const list = document.createElement("ul");
  const id = `suggestions-${(count += 1)}`;
  let timer;
  let request;
  let chosen = -1;

  Object.assign(list, { id, className: "suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0].textContent);
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id,
  })) input.setAttribute(name, value);

  const options = () => [...list.children];

  function close() {
    clearTimeout(timer);
    request?.abort();
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    const all = options();
    chosen = (index + all.length) % all.length;
    all.forEach((option, rank) => option.setAttribute("aria-selected", String(rank === chosen)));
    all[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", all[chosen].id);
  }

  function take(option) {
    input.value = option.textContent;
    close();
  }

  function show(places) {
    list.replaceChildren(...places.map((place, rank) => {
      const option = document.createElement("li");
      option.id = `${id}-${rank}`;
      option.textContent = place.label;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      return option;
    }));
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    list.hidden = places.length === 0;
    input.setAttribute("aria-expanded", String(places.length > 0));
  }

  async function ask() {
    request?.abort();
    request = new AbortController();
    try {
      const answer = await fetch(`/lieux?q=${encodeURIComponent(input.value)}`, { signal: request.signal });
      if (answer.ok) show(await answer.json());
    } catch {
      // The person typed on, or the network is down: the field is still a plain text field.
    }
  }

  input.addEventListener("input", () => {
    close();
    if (input.value.trim().length > 1) timer = setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      close();
      event.preventDefault();
    } else if (event.key === "Enter" && chosen >= 0) {
      take(options()[chosen]);
      event.preventDefault();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.hidden) {
      mark(event.key === "ArrowDown" ? chosen + 1 : Math.max(chosen, 0) - 1);
      event.preventDefault();
    }
  });
  input.addEventListener("blur", close);
  // Pressing the list must not take the focus away from the field, which would close it.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) take(option);
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
