// How each language keeps its rules, and how its speeds and durations are spread.

function showFigures() {
  find("figures").append(...LANGUAGES.map(figureOf));
}

function figureOf(language) {
  const { tag, name, file, cues, speed, speed_of: field, duration } = language;
  const flagged = cues.filter((cue) => cue.flags.length).length;
  return element("article", { "aria-label": name },
    element("h2", { textContent: name }),
    element("p", { className: "file", textContent: `${file} · ${count(cues.length, "cue")} · ${flagged} with flags` }),
    sharesOf(language),
    histogram(speed, {
      tag, cues, field, title: "Reading speed", scale: 1,
      unit: field === "words_per_minute" ? "words a minute" : "characters a second",
    }),
    histogram(duration, { tag, cues, field: "duration_ms", title: "Duration", unit: "seconds", scale: 1000 }),
  );
}

function sharesOf(language) {
  const rows = Object.entries(language.within).map(([rule, share]) => {
    const key = `rule:${rule}`;
    const button = element("button", { type: "button", textContent: RULE_TITLES[rule] ?? ruleName(key) });
    button.disabled = share === 1;
    button.addEventListener("click", () => {
      setFilter({ flag: key, range: null });
      openTab("suspects");
    });
    return element("tr", {}, element("th", { scope: "row" }, button), element("td", { className: share < 1 ? "bad" : null, textContent: percentDown(share) }));
  });
  return element("table", {}, element("caption", { textContent: "Cues within each rule" }), element("tbody", {}, ...rows));
}

/** A bar is a button: it shows the cues of its range and goes to the first. */
function histogram({ step, counts, least, most }, { tag, cues, field, title, unit, scale }) {
  const highest = Math.max(1, ...counts);
  const bars = counts.map((number, bar) => {
    const [from, to] = [bar * step, bar === counts.length - 1 ? Infinity : (bar + 1) * step];
    const range = to === Infinity ? `${from / scale} or more` : `${from / scale}–${to / scale}`;
    const outside = (most !== null && from >= most) || (least !== null && to <= least);
    const made = element("button", {
      type: "button", className: outside ? "outside" : null, title: `${range} ${unit}: ${count(number, "cue")}`,
      "aria-label": `${range} ${unit}: ${count(number, "cue")}`, tabindex: number ? null : -1,
    });
    made.style.setProperty("--share", (number / highest).toFixed(4));
    made.disabled = !number;
    made.addEventListener("click", () => {
      setFilter({ range: { tag, field, from, to, name: `${tag}: ${range} ${unit}` }, flag: "", text: "" });
      openTab("cues");
      select(cues.find(passes));
    });
    return made;
  });
  const asked = [least === null ? "" : `at least ${plain(least / scale)}`, most === null ? "" : `at most ${plain(most / scale)}`];
  const limits = asked.filter(Boolean).join(", ") || "nothing";
  const middle = ((counts.length - 1) * step) / 2 / scale;
  return element("figure", {},
    element("figcaption", { textContent: `${title}, ${unit} (asked: ${limits})` }),
    element("div", { className: "bars" }, ...bars),
    element("div", { className: "axis", "aria-hidden": "true" },
      element("span", { textContent: "0" }), element("span", { textContent: String(middle) }),
      element("span", { textContent: `${((counts.length - 1) * step) / scale}+` })),
  );
}
