// Figures of each language: the shares of cues that keep each rule, and histograms of speed and duration.

function showFigures() {
  find("figures").append(...LANGUAGES.map(languageFigures), ...(REPORT.timings.length ? [hearingFigures()] : []));
}

/** Creates the figures of the transcript: how its sentences were timed, and what was found in them. */
function hearingFigures() {
  const total = REPORT.timings.reduce((sum, { sentences }) => sum + sentences, 0);
  const noted = REPORT.noted_segments;
  /** @type {[string, number][]} */
  const found = [
    ["Probably never spoken", noted.filter(({ quarantined }) => quarantined).length],
    ["Corrected", noted.filter(({ second_hearing: second }) => second && second.replaced !== null).length],
    ["In another language", noted.filter(({ language }) => language).length],
  ];
  return element("article", { "aria-label": "Transcript" },
    element("h2", { textContent: "Transcript" }),
    element("p", { className: "file", textContent: formatCount(total, "sentence") }),
    countTable("Times of the words from", REPORT.timings.map(({ method, sentences }) => [timingName(method), sentences])),
    noted.length ? countTable("Sentences to hear again", found) : null,
  );
}

/**
 * @param {string} caption
 * @param {[string, number][]} rows
 */
function countTable(caption, rows) {
  return element("table", {}, element("caption", { textContent: caption }), element("tbody", {}, ...rows.map(([name, count]) =>
    element("tr", {}, element("th", { scope: "row", textContent: name }), element("td", { textContent: numberFormat.format(count) })))));
}

/** @param {Language} language */
function languageFigures(language) {
  const { name, file, cues, speed, speed_of: speedField, duration } = language;
  const flagged = cues.filter((cue) => cue.flags.length).length;
  return element("article", { "aria-label": name },
    element("h2", { textContent: name }),
    element("p", { className: "file", textContent: `${file} · ${formatCount(cues.length, "cue")} · ${flagged} with flags` }),
    rulesTable(language),
    histogramFigure(speed, language, {
      field: speedField, title: "Reading speed", scale: 1,
      unit: speedField === "words_per_minute" ? "words a minute" : "characters a second",
    }),
    histogramFigure(duration, language, { field: "duration_ms", title: "Duration", unit: "seconds", scale: 1000 }),
  );
}

/** @param {Language} language */
function rulesTable(language) {
  const rows = Object.entries(language.within).map(([rule, share]) => {
    const key = `rule:${rule}`;
    const button = element("button", { type: "button", textContent: RULE_TITLES[rule] ?? flagName(key) });
    button.disabled = share === 1;
    button.addEventListener("click", () => {
      setFilter({ flag: key, range: null });
      openTab("suspects");
    });
    return element("tr", {}, element("th", { scope: "row" }, button), element("td", { className: share < 1 ? "bad" : null, textContent: formatPercentDown(share) }));
  });
  return element("table", {}, element("caption", { textContent: "Cues within each rule" }), element("tbody", {}, ...rows));
}

/**
 * Creates a histogram. Each bar is a button that shows the cues of its range and selects the first.
 * @param {Histogram} histogram
 * @param {Language} language
 * @param {{ field: HistogramField, title: string, unit: string, scale: number }} labels `scale` is
 *   the number of the field's units in one `unit`
 */
function histogramFigure({ step: width, counts, least, most }, { tag, cues }, { field, title, unit, scale }) {
  const highest = Math.max(1, ...counts);
  const bars = counts.map((number, bar) => {
    const [from, to] = [bar * width, bar === counts.length - 1 ? Infinity : (bar + 1) * width];
    const range = to === Infinity ? `${from / scale} or more` : `${from / scale}–${to / scale}`;
    const isOutside = (most !== null && from >= most) || (least !== null && to <= least);
    const label = `${range} ${unit}: ${formatCount(number, "cue")}`;
    const button = element("button", {
      type: "button", className: isOutside ? "outside" : null, title: label, "aria-label": label,
      tabindex: number ? null : -1,
    });
    button.style.setProperty("--share", (number / highest).toFixed(4));
    button.disabled = !number;
    button.addEventListener("click", () => {
      setFilter({ range: { tag, field, from, to, name: `${tag}: ${range} ${unit}` }, flag: "", text: "" });
      openTab("cues");
      selectCue(cues.find(matchesFilter));
    });
    return button;
  });
  const limits = [
    least === null ? "" : `at least ${formatNumber(least / scale)}`,
    most === null ? "" : `at most ${formatNumber(most / scale)}`,
  ];
  const asked = limits.filter(Boolean).join(", ") || "nothing";
  const last = ((counts.length - 1) * width) / scale;
  return element("figure", {},
    element("figcaption", { textContent: `${title}, ${unit} (asked: ${asked})` }),
    element("div", { className: "bars" }, ...bars),
    element("div", { className: "axis", "aria-hidden": "true" },
      element("span", { textContent: "0" }), element("span", { textContent: String(((counts.length - 1) * width) / 2 / scale) }),
      element("span", { textContent: `${last}+` })),
  );
}
