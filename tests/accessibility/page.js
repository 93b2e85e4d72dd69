// What a page is, as people who use it otherwise meet it. Each function returns what is wrong, or
// facts; nothing is changed in the page. Evaluated in the browser by tests/accessibility/conftest.py.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const short = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 110);
  const seen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const words = (text) => text.replace(/\s+/g, " ").trim();
  const byIds = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");

  // The text of an element without what is hidden from assistive technologies, or (bare) from eyes.
  const text = (element, bare = false) => {
    const copy = element.cloneNode(true);
    all(bare ? ".sr, [hidden], svg" : "[aria-hidden=true], [hidden]", copy).forEach((one) => one.remove());
    all("img[alt]", copy).forEach((one) => one.replaceWith(one.alt));
    return words(copy.textContent);
  };
  const name = (element) => {
    if (element.hasAttribute("aria-labelledby")) return words(byIds(element.getAttribute("aria-labelledby")));
    if (element.hasAttribute("aria-label")) return words(element.getAttribute("aria-label"));
    if (element.labels?.length) return words([...element.labels].map((label) => text(label)).join(" "));
    return text(element);
  };

  const FIELDS = "input:not([type=hidden], [type=submit]), select, textarea";
  const fields = () => all(FIELDS).filter((one) => !one.closest("[aria-hidden=true]"));
  const isChoice = (field) => ["radio", "checkbox"].includes(field.type);

  const tabbable = () => {
    const groups = new Set();
    return all("a[href], button, input, select, textarea, summary, [tabindex]").filter((one) => {
      if (one.disabled || one.tabIndex < 0 || one.type === "hidden" || !seen(one)) return false;
      if (one.matches("summary") && one.parentElement.tagName !== "DETAILS") return false;
      if (one.type !== "radio") return true;
      const inside = all(`input[type=radio][name="${one.name}"]`, one.form ?? document);
      const first = inside.find((radio) => radio.checked) ?? inside[0];
      if (one !== first || groups.has(first)) return false;
      return groups.add(first);
    });
  };

  // Luminance and contrast, as WCAG counts them.
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = channels(colour).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const style = getComputedStyle(one);
      if (style.backgroundImage !== "none" && one.matches("[class*=hero], [class*=section]")) return null;
      const [, , , alpha = 1] = channels(style.backgroundColor);
      if (alpha === 1) return style.backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };

  const rings = (element) => [null, "::after", "::before"].map((part) => getComputedStyle(element, part));
  const ring = (element) => {
    const own = rings(element).find((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
    if (own) return own.outlineColor;
    if (!element.closest("svg")) return null;
    const drawn = all("rect, path, line", element).map((one) => getComputedStyle(one));
    return drawn.find((style) => style.stroke.startsWith("rgb(") && parseFloat(style.strokeWidth) >= 3)?.stroke ?? null;
  };

  // What is wrong with where the focus is shown; nothing if it is on the page itself.
  const focusFaults = () => {
    const element = document.activeElement;
    if (!element || element === document.body) return [];
    const faults = [];
    const colour = ring(element);
    const behind = ground(element.parentElement);
    const filled = element.closest("svg") && getComputedStyle(element.querySelector("rect, path, line")).fill;
    const beside = [behind, filled].filter((one) => one?.startsWith("rgb"));
    if (!colour) faults.push("no ring");
    else if (behind && !beside.some((one) => contrast(colour, one) >= 3)) faults.push(`ring ${colour} on ${beside}`);
    const box = element.getClientRects()[0];
    const top = Math.max(box.top, 0);
    const bottom = Math.min(box.bottom, innerHeight);
    const left = Math.max(box.left, 0);
    const right = Math.min(box.right, innerWidth);
    // What is larger than the screen is seen in part.
    if (bottom - top < Math.min(box.height - 2, innerHeight * 0.6) || right - left < Math.min(box.width, innerWidth) - 2) {
      faults.push(`out of the screen: ${[box.left, box.top, box.right, box.bottom].map(Math.round)}`);
    } else {
      const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      // The lines of a drawing cross each other: each is drawn over as it is focused.
      const drawing = element.closest("svg");
      const own = hit && (element.contains(hit) || hit.contains(element) || hit.closest("label")?.control === element
        || (drawing && hit.closest("svg") === drawing));
      if (!own) faults.push(`covered by ${hit ? short(hit) : "nothing"}`);
    }
    return faults.map((fault) => `${short(element)}: ${fault}`);
  };

  let stops = [];
  // What the walk is to reach: a panel that is filled again meanwhile has other elements.
  let expected = [];
  addEventListener("keyup", (event) => {
    if (event.key !== "Tab") return;
    const element = document.activeElement;
    stops.push({ element, faults: focusFaults() });
  }, true);

  // Words that go out of a box that hides what sticks out.
  const hides = (element) => {
    const style = getComputedStyle(element);
    return /hidden|clip/.test(style.overflowX + style.overflowY) && style.clipPath === "none";
  };
  const cut = () => {
    const faults = [];
    const wide = document.scrollingElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 0) {
      const out = all("body *").filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && seen(one));
      faults.push(`${wide} px too wide: ${out.slice(0, 3).map(short).join(" | ")}`);
    }
    const range = document.createRange();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const owner = node.parentElement;
      if (!node.data.trim() || !seen(owner) || owner.closest(".sr, script, svg, option, select, [hidden]")) continue;
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      for (let one = owner; one && one !== document.body; one = one.parentElement) {
        if (getComputedStyle(one).clipPath !== "none") break;
        if (/auto|scroll/.test(getComputedStyle(one).overflowX)) break;
        if (!hides(one)) continue;
        const frame = one.getBoundingClientRect();
        const sticks = box.right > frame.right + 1 || box.left < frame.left - 1 || box.bottom > frame.bottom + 2;
        if (sticks) faults.push(`cut: « ${words(node.data).slice(0, 40)} » in ${short(one)}`);
      }
    }
    return faults;
  };

  const sameNames = () => all("main :is(ul, ol), nav ul").filter(seen).flatMap((list) => {
    const links = new Map();
    return all("a[href]", list).filter((link) => seen(link) && link.closest("ul, ol") === list || link.closest("li")?.parentElement === list)
      .flatMap((link) => {
        // Twice the same title, employer and town: the rest of the card says which one (RGAA 6.1).
        const said = name(link) + (link.closest("h2, h3") ? text(link.closest("li")) : "");
        const known = links.get(said);
        links.set(said, link.href);
        return known && known !== link.href ? [`two links « ${name(link)} » in a list`] : [];
      });
  });
  const plain = (said) => said.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  const otherNames = () => all("a[href][aria-label], button[aria-label], a[href][aria-labelledby], button[aria-labelledby]")
    .filter((one) => !plain(name(one)).includes(plain(text(one, true))))
    .map((one) => `« ${text(one, true)} » is named « ${name(one)} »`);

  const tables = () => all("table").flatMap((table) => {
    const faults = [];
    if (!table.caption && !table.closest("[role=region][aria-label]") && !name(table.closest("section[aria-labelledby], [aria-label]") ?? table.cloneNode())) faults.push("no title");
    if (table.matches("[role=presentation], [role=none]")) faults.push("for layout");
    if (all("[colspan], [rowspan]", table).some((one) => one.colSpan > 1 || one.rowSpan > 1)) faults.push("merged cells");
    if (!all("thead th[scope=col]", table).length || all("th:not([scope])", table).length) faults.push("headers without scope");
    if (all("thead td", table).some((one) => one.textContent.trim())) faults.push("a header that is a cell");
    return faults.map((fault) => `${short(table)}: ${fault}`);
  });

  const pictures = () => [
    ...all("img:not([alt])"),
    ...all("img[alt='']").filter((one) => one.matches("[title], [aria-label], [aria-labelledby]")),
    ...all("svg:not([aria-hidden=true])").filter((one) => !one.matches("[role=img], [role=group], [role=graphics-document]") && !one.closest("[aria-hidden=true]")),
    ...all("svg[aria-hidden=true]").filter((one) => one.querySelector("title, desc, a[href], [tabindex]")),
  ].map(short);

  const regions = () => {
    const faults = [];
    for (const one of ["header", "main", "footer"]) if (all(`body > ${one}`).length !== 1) faults.push(`${one} is not once`);
    const navs = all("nav, [role=search], section[role=region]").filter(seen);
    const names = navs.map((one) => `${one.tagName} ${name2(one)}`);
    faults.push(...navs.filter((one) => !name2(one)).map((one) => `no name: ${short(one)}`));
    faults.push(...names.filter((one, rank) => names.indexOf(one) !== rank).map((one) => `two regions « ${one} »`));
    return faults;
  };
  const name2 = (one) => (one.matches("[aria-label], [aria-labelledby]") ? name(one) : "");

  const labels = () => fields().flatMap((field) => {
    const label = field.labels?.[0];
    if (!label || !text(label)) return [`no label: ${short(field)}`];
    if (!seen(field)) return [];
    if (!text(label, true)) return [`label not to be seen: ${short(field)}`];
    const [a, b] = [label.getBoundingClientRect(), field.getBoundingClientRect()];
    const across = Math.max(b.left - a.right, a.left - b.right, 0);
    const down = Math.max(b.top - a.bottom, a.top - b.bottom, 0);
    return across > 40 || down > 90 ? [`label far away (${across} px, ${down} px): ${short(field)}`] : [];
  });
  const groups = () => fields().filter(isChoice).flatMap((field) => {
    const inside = fields().filter((one) => one.name === field.name && one.form === field.form);
    if (inside.length < 2) return [];
    const set = field.closest("fieldset, [role=group], [role=radiogroup]");
    const legend = set && (set.tagName === "FIELDSET" ? text(set.querySelector(":scope > legend") ?? document.createElement("i")) : name(set));
    return legend || field.closest("table, [data-ticks], [data-group]") ? [] : [`no legend: ${short(field)}`];
  });
  // Each field says that it must be filled, by an attribute, or that it may be left empty, in words.
  const obligations = () => fields().filter((one) => !isChoice(one) && one.form?.method === "post").flatMap((field) => {
    const said = `${name(field)} ${text(field.closest("fieldset")?.querySelector("legend") ?? document.createElement("i"))}`;
    const must = field.required || field.getAttribute("aria-required") === "true";
    const may = /facultati|un seul suffit|si vous|optionnel/i.test(said);
    const whole = /tout est obligatoire/i.test(document.querySelector("main").textContent);
    return must || may || whole || field.value ? [] : [`neither obligatory nor optional: ${short(field)}`];
  });
  const tokens = () => fields().filter((one) => !isChoice(one)).map((field) => [field.name, field.autocomplete]);

  // What a page says is wrong, and where it leads.
  const errors = () => {
    const summary = document.querySelector("[data-error-summary]");
    if (!summary) return ["no summary"];
    const faults = document.activeElement === summary ? [] : ["the summary is not focused"];
    if (!name(summary)) faults.push("the summary has no name");
    if (!/^Erreur\s: /.test(document.title)) faults.push(`title « ${document.title} »`);
    const links = all("a", summary);
    if (!links.length) faults.push("no link");
    for (const link of links) {
      const field = document.getElementById(link.hash.slice(1));
      if (!field) { faults.push(`leads nowhere: ${short(link)}`); continue; }
      const told = field.getAttribute("aria-describedby") ?? field.closest("fieldset")?.getAttribute("aria-describedby") ?? "";
      if (!isChoice(field) && field.getAttribute("aria-invalid") !== "true") faults.push(`not invalid: ${short(field)}`);
      if (!words(byIds(told)).includes(words(link.textContent))) faults.push(`not described: ${short(field)}`);
    }
    return faults;
  };

  // Changes every field as a person would: nothing else may change.
  const moved = () => {
    const address = location.href;
    const faults = [];
    for (const field of fields().filter((one) => seen(one) && !one.disabled && one.type !== "file")) {
      field.focus();
      if (isChoice(field)) field.click();
      else if (field.tagName === "SELECT") field.selectedIndex = (field.selectedIndex + 1) % field.options.length;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.dispatchEvent(new Event("change", { bubbles: true }));
      if (document.activeElement !== field) faults.push(`the focus leaves ${short(field)}`);
      if (location.href !== address) faults.push(`the address changes after ${short(field)}`);
    }
    for (const form of document.forms) form.reset();
    return faults;
  };

  const bare = () => all(":is(button, .btn, input, select, textarea)").filter((one) => seen(one) && one.type !== "hidden" && !one.closest(".sr")).filter((one) => {
    const style = getComputedStyle(one);
    const framed = parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== "none";
    return !framed && style.outlineStyle === "none" && style.appearance === "none" && !style.textDecorationLine.includes("underline");
  }).map(short);

  // In the order of the page: an element left out, or reached too early.
  const order = () => {
    const reached = stops.map((stop) => stop.element);
    const missed = expected.filter((one) => one.isConnected && !reached.includes(one)).map((one) => `not reached: ${short(one)}`);
    const known = reached.filter((one) => one !== document.body);
    const back = known.filter((one, rank) => rank && known[rank - 1].compareDocumentPosition(one) & Node.DOCUMENT_POSITION_PRECEDING);
    return [...missed, ...back.map((one) => `against the order: ${short(one)}`)];
  };
  const first = () => stops[0].element.getAttribute("href");
  const last = () => stops.at(-1)?.element === document.body;

  window.page = {
    tabbable: () => tabbable().length,
    cut, focusFaults, moved, bare, errors, text, name,
    forget: () => { stops = []; expected = tabbable(); },
    walked: () => ({ first: first(), last: last(), order: order(), unseen: stops.flatMap((stop) => stop.faults) }),
    last,
    facts: () => ({
      title: document.title,
      lang: document.documentElement.lang,
      headings: all("h1, h2, h3, h4, h5, h6").filter(seen).map((one) => [Number(one.tagName[1]), text(one)]),
      sameNames: sameNames(),
      otherNames: otherNames(),
      tables: tables(),
      pictures: pictures(),
      regions: regions(),
      media: all("iframe, frame, video, audio, object, embed, canvas, marquee, area, figcaption, applet, input[type=image]").map(short),
      windows: all("[target]").map(short),
      ids: all("[id]").map((one) => one.id).filter((id, rank, ids) => ids.indexOf(id) !== rank),
      keys: all("[accesskey], [tabindex]").filter((one) => one.accessKey || one.tabIndex > 0).map(short),
      labels: labels(),
      groups: groups(),
      obligations: obligations(),
      tokens: tokens(),
      menu: all("header nav:not(details nav) a").map((one) => one.textContent.trim()),
      search: all("header a, footer a").filter((one) => one.pathname === "/recherche").length,
      results: all("main ul > li > article").length,
      loose: all("main article.listing").filter((one) => !one.matches("ul > li > article")).length,
    }),
  };
})()
