// The commune of the last search, kept in this browser alone and offered in the next empty field.
const KEY = "last-place";

export function rememberPlace(place) {
  try {
    localStorage.setItem(KEY, place);
  } catch {
    // The browser keeps nothing: the person types her commune again.
  }
}

export function offerPlace(field) {
  const input = field.querySelector("input");
  try {
    if (!input.value) input.value = localStorage.getItem(KEY) ?? "";
  } catch {
    // As above.
  }
}
