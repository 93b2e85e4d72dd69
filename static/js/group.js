// Boxes ticked on the board or in the list: all of a lane at once, and how many they are.
export const group = (form) => {
  const boxes = () => [...form.querySelectorAll("input[name=qui]")];
  const label = form.querySelector("[data-count]");
  const masters = [];
  const tell = () => {
    const number = boxes().filter((box) => box.checked).length;
    if (label) {
      label.dataset.none ??= label.textContent;
      label.textContent = number ? `${label.dataset.count} ${number}` : label.dataset.none;
    }
    for (const [master, inside] of masters) {
      const ticked = inside.filter((box) => box.checked).length;
      master.checked = ticked === inside.length;
      master.indeterminate = ticked > 0 && ticked < inside.length;
    }
  };
  for (const [rank, list] of form.querySelectorAll("[data-ticks]").entries()) {
    const inside = [...list.querySelectorAll("input[name=qui]")];
    if (inside.length < 2) continue;
    const line = document.createElement("p");
    const master = Object.assign(document.createElement("input"), {
      type: "checkbox",
      id: `all-${rank}`,
    });
    const words = Object.assign(document.createElement("label"), {
      htmlFor: master.id,
      textContent: list.dataset.ticks,
    });
    line.className = "check";
    line.append(master, words);
    master.addEventListener("change", () => {
      for (const box of inside) box.checked = master.checked;
      tell();
    });
    (list.closest(".table-wrap") ?? list).before(line);
    masters.push([master, inside]);
  }
  form.addEventListener("change", tell);
  // Going back gives the boxes as they were left.
  addEventListener("pageshow", tell);
};
