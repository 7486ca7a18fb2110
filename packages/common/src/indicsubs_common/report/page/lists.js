// Long lists: rows are grouped in blocks, and only the blocks near the window have rows in the page.

const ROWS_PER_BLOCK = 30;
const MARGIN = 900; // CSS pixels above and below the window

/** @template Item */
class BlockList {
  /**
   * @param {HTMLElement} panel
   * @param {(item: Item) => HTMLElement} createRow
   * @param {number} rowHeight estimate for rows that were never in the page, in CSS pixels
   * @param {() => string} emptyText text of a list without items
   */
  constructor(panel, createRow, rowHeight, emptyText) {
    this.panel = panel;
    this.createRow = createRow;
    this.rowHeight = rowHeight;
    this.emptyText = emptyText;
    /** @type {Item[]} */
    this.items = [];
    /** @type {HTMLElement[]} */
    this.blocks = [];
    this.list = element("div", { role: "list" });
    panel.append(this.list);
    this.observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const index = this.blocks.indexOf(/** @type {HTMLElement} */ (target));
        if (isIntersecting) this.fill(index);
        else this.empty(index);
      }
    }, { rootMargin: `${MARGIN}px 0px` });
  }

  /** @param {Item[]} items */
  show(items) {
    this.items = items;
    this.observer.disconnect();
    this.blocks = [];
    for (let from = 0; from < items.length; from += ROWS_PER_BLOCK) {
      const block = element("div", { role: "presentation", className: "block" });
      block.style.height = `${Math.min(ROWS_PER_BLOCK, items.length - from) * this.rowHeight}px`;
      this.blocks.push(block);
    }
    this.list.replaceChildren(...this.blocks);
    if (!items.length) this.list.append(element("p", { className: "empty", textContent: this.emptyText() }));
    for (const block of this.blocks) this.observer.observe(block);
  }

  /** @param {number} index may be outside the list */
  fill(index) {
    const block = this.blocks[index];
    if (!block || block.childElementCount) return;
    const from = index * ROWS_PER_BLOCK;
    const rows = this.items.slice(from, from + ROWS_PER_BLOCK).map((item, offset) => {
      const row = this.createRow(item);
      row.setAttribute("role", "listitem");
      row.setAttribute("aria-setsize", String(this.items.length));
      row.setAttribute("aria-posinset", String(from + offset + 1));
      return row;
    });
    block.style.height = "";
    block.append(...rows);
    markCues(block);
  }

  /**
   * Removes the rows of a block, which keeps its height. A block with the focus keeps its rows.
   * @param {number} index may be outside the list
   */
  empty(index) {
    const block = this.blocks[index];
    if (!block?.childElementCount || block.contains(document.activeElement)) return;
    const { top, bottom } = block.getBoundingClientRect();
    // The observer may report late: since then, a jump may have brought the block near the window.
    if (!this.panel.hidden && bottom > -MARGIN && top < window.innerHeight + MARGIN) return;
    block.style.height = `${block.offsetHeight}px`;
    block.replaceChildren();
  }

  /**
   * Scrolls the row of an item into view. Returns false if the list does not contain the item.
   * @param {Item} item
   */
  reveal(item) {
    const index = this.items.indexOf(item);
    if (index < 0 || this.panel.hidden) return index >= 0;
    const block = Math.floor(index / ROWS_PER_BLOCK);
    for (const near of [block - 1, block, block + 1]) this.fill(near);
    const row = this.blocks[block].children[index % ROWS_PER_BLOCK];
    const { top, bottom } = row.getBoundingClientRect();
    const covered = stickyHeight();
    if (top < covered || bottom > window.innerHeight) {
      window.scrollBy({ top: top - covered - (window.innerHeight - covered) / 3, behavior: "instant" });
    }
    return true;
  }
}

/** Returns the height at the window's top that covers rows: the bar and, on a phone, the film. */
function stickyHeight() {
  const bar = find("bar");
  return parseFloat(getComputedStyle(bar).top) + bar.offsetHeight;
}

/**
 * Sets the classes of the cue that is selected and of those that are on screen.
 * @param {ParentNode} root
 */
function markCues(root) {
  for (const link of findAll("a[data-cue]", root)) {
    const cue = findCueById(link.dataset.cue ?? "");
    const isSelected = cue === selectedCue;
    link.classList.toggle("selected", isSelected);
    link.classList.toggle("on-screen", cue !== undefined && cuesOnScreen.has(cue));
    if (isSelected) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

/** @param {Cue} cue */
function cueText(cue) {
  const { tag, rightToLeft } = textLanguage(cue);
  const lines = cue.lines.map((line) => element("span", { className: "line", textContent: line }));
  const className = cue.kind && cue.kind !== "speech" ? `text ${cue.kind}` : "text";
  return element("span", { className, lang: tag, dir: rightToLeft ? "rtl" : "ltr" }, ...lines);
}

/**
 * Creates speed, line lengths, duration and gap of a cue; those that break a rule stand out.
 * @param {Cue} cue
 */
function cueMetrics(cue) {
  const broken = new Set(cue.flags.filter((flag) => flag.kind === "rule").map((flag) => flag.rule));
  const metrics = element("span", { className: "metrics" });
  /**
   * @param {string} text
   * @param {string} title
   * @param {...string} rules
   */
  const add = (text, title, ...rules) => {
    const isBad = rules.some((rule) => broken.has(rule));
    metrics.append(element("span", { className: isBad ? "bad" : null, title, textContent: text }));
  };
  if (cue.language.speed_of === "words_per_minute") {
    add(`${Math.round(cue.words_per_minute)} wpm`, "Words a minute", "speed");
  } else {
    add(`${cue.characters_per_second.toFixed(1)} c/s`, "Characters a second", "speed");
  }
  add(`${cue.line_characters.join("+")} ch`, "Characters of each line", "length", "lines");
  add(formatSeconds(cue.duration_ms), "Duration", "short", "long", "film_end");
  if (cue.gap_ms !== undefined) {
    add(`gap ${formatSeconds(cue.gap_ms)}`, "Since the previous cue", "gap", "overlap");
  }
  return metrics;
}

/**
 * Creates the method that timed the words, with its confidence. A cue without word times stands out.
 * @param {string[]} methods
 * @param {number} [confidence] 0 to 1
 */
function cueTiming(methods, confidence) {
  const isUntimed = methods.includes("characters");
  const sure = confidence === undefined ? "" : ` ${formatPercent(confidence)}`;
  return element("span", {
    className: isUntimed ? "timing untimed" : "timing",
    title: isUntimed ? "No word times: the time was divided by the length of the text" : "Words timed by, and the confidence in the times",
    textContent: `${methods.map(timingName).join(", ")}${sure}`,
  });
}

/**
 * Creates the recogniser's confidence in the text, or the aligner's in the times.
 * @param {Cue} cue
 */
function cueConfidence({ confidence, word_score: score }) {
  const shown = confidence ?? score;
  if (shown === undefined) return null;
  const parts = [
    confidence === undefined ? "" : `text heard: ${formatPercent(confidence)}`,
    score === undefined ? "" : `word times: ${formatPercent(score)}`,
  ];
  return element("span", {
    className: "confidence", title: `Confidence: ${parts.filter(Boolean).join(", ")}`,
    textContent: `◉ ${formatPercent(shown)}`,
  });
}

/**
 * Creates the bar of the time that reading takes: it is full at one and a half of the duration.
 * @param {Cue} cue
 */
function readingMeter({ reading_share: share = 0 }) {
  const meter = element("span", { className: "meter", "aria-hidden": "true" });
  meter.style.setProperty("--share", Math.min(1, share / 1.5).toFixed(3));
  meter.classList.toggle("over", share > 1);
  return meter;
}

/** @param {Cue} cue */
function cueFlags(cue) {
  const flags = cue.flags.map((flag) =>
    element("span", { className: `flag ${flag.kind}`, title: flag.detail, textContent: flagName(flagKey(flag)) }),
  );
  return flags.length ? element("span", { className: "flags" }, ...flags) : null;
}

/**
 * Creates a link to a cue: a click seeks, and the copied link opens the page at the cue.
 * @param {Cue} cue
 * @param {...(Node | null)} children
 */
function cueLink(cue, ...children) {
  const place = `${cue.language.file}, cue ${cue.number}`;
  return element("a", { className: "cue", href: `#cue=${cue.id}`, "data-cue": cue.id, title: place }, ...children);
}

/** @param {Cue} cue */
function cueCell(cue) {
  const number = element("span", { className: "number", textContent: `${cue.language.tag} ${cue.number}` });
  const timing = cue.timed_by?.length ? cueTiming(cue.timed_by, cue.timing_confidence) : null;
  const head = element("span", { className: "head" }, number, timing, cueConfidence(cue));
  return cueLink(cue, head, cueMetrics(cue), readingMeter(cue), cueText(cue), cueFlags(cue));
}

/** @param {Passage} passage */
function passageRow(passage) {
  const time = element("span", { className: "time", textContent: formatTime(passage.start_ms, 1) });
  const cells = cuesOfPassage(passage).map((cues, column) =>
    element("div", { className: cues.length ? "cell" : "cell none", "data-language": LANGUAGES[column].tag }, ...cues.map(cueCell)),
  );
  return element("div", { className: "passage" }, time, ...cells);
}

/** @param {Cue} cue */
function suspectRow(cue) {
  const points = element("span", { className: "points", title: "Points", textContent: cue.points.toFixed(1) });
  const place = element("span", { className: "place" },
    element("b", { textContent: `${cue.language.file} · ${cue.number}` }),
    element("span", { className: "time", textContent: formatTime(cue.start_ms, 1) }),
  );
  const reasons = cue.flags.map((flag) =>
    element("li", { className: flag.kind },
      element("b", { textContent: flagName(flagKey(flag)) }), ` ${flag.detail}`),
  );
  return element("div", { className: "suspect" },
    cueLink(cue, points, place, cueText(cue), element("ul", {}, ...reasons)));
}

/** @param {NotedSegment} segment */
function segmentRow(segment) {
  const { number, start_ms: startMs, text, language, right_to_left: rightToLeft } = segment;
  const source = LANGUAGES[0];
  const place = element("span", { className: "place" },
    element("b", { textContent: `Sentence ${number}` }),
    element("span", { className: "time", textContent: formatTime(startMs, 1) }),
  );
  const line = element("span", { className: "line", textContent: text });
  const isRightToLeft = language ? rightToLeft : source?.right_to_left;
  const heard = element("span", { className: "text", lang: language ?? source?.tag, dir: isRightToLeft ? "rtl" : "ltr" }, line);
  const button = element("button", { type: "button", className: "cue", title: "Play from here" },
    place, heard, element("ul", {}, ...segmentFacts(segment)));
  button.addEventListener("click", () => playSegment(segment));
  return element("div", { className: "suspect segment" }, button);
}

/**
 * Creates the reasons why a segment is listed, with what the other recogniser heard.
 * @param {NotedSegment} segment
 */
function segmentFacts({ quarantined, second_hearing: second, language_name: languageName, timed_by: method, timing_confidence: sure }) {
  /** @type {[string, string][]} */
  const facts = [];
  if (quarantined) facts.push(["probably never spoken", quarantined]);
  if (second) {
    if (second.replaced !== null) facts.push(["heard first", second.replaced]);
    else facts.push([`${second.engine} heard`, second.text || "no words"]);
    facts.push(["agreement", formatPercent(second.agreement)]);
  }
  if (languageName) facts.push(["language", languageName]);
  facts.push(["timed by", timingName(method) + (sure === undefined ? "" : `, ${formatPercent(sure)}`)]);
  return facts.map(([name, value]) => element("li", { className: "hearing" },
    element("b", { textContent: name }), " ", element("span", { dir: "auto", textContent: value })));
}

/**
 * Seeks to a segment; its cue is selected if it has one.
 * @param {NotedSegment} segment
 */
function playSegment({ start_ms: startMs, end_ms: endMs, quarantined }) {
  const isShown = !quarantined || REPORT.quarantined_shown;
  const cue = isShown && LANGUAGES[0] ? cueAt(LANGUAGES[0].cues, Math.floor((startMs + endMs) / 2)) : undefined;
  if (cue) selectCue(cue, startMs);
  else seek(startMs);
}

/**
 * Creates a section of the tab "Hearing"; null where the film has no such segment.
 * @param {string} title
 * @param {string} explanation
 * @param {(segment: NotedSegment) => boolean} belongs
 */
function segmentList(title, explanation, belongs) {
  const segments = REPORT.noted_segments.filter(belongs);
  if (!segments.length) return null;
  const panel = element("section", { "aria-label": title },
    element("h2", { textContent: `${title} · ${numberFormat.format(segments.length)}` }),
    element("p", { className: "file", textContent: explanation }));
  find("hearing").append(panel);
  return { segments, list: new BlockList(panel, segmentRow, 90, () => "No sentence matches.") };
}

const segmentLists = [
  segmentList(
    "Probably never spoken",
    REPORT.quarantined_shown ? "These sentences are shown, as this job asks for." : "These sentences have no subtitle. To show them: --doubtful show.",
    ({ quarantined }) => Boolean(quarantined),
  ),
  segmentList(
    "Corrected",
    "A second recogniser heard other words, which replaced the first one's.",
    ({ second_hearing: second }) => Boolean(second && second.replaced !== null),
  ),
  segmentList(
    "In another language",
    "These sentences keep their own script, and are translated from their own language.",
    ({ language }) => Boolean(language),
  ),
].filter((shown) => shown !== null);

const lists = {
  suspects: new BlockList(find("suspects"), suspectRow, 110, () =>
    isFilterActive() ? "No suspect matches." : "No cue needs a person: no rule is broken and no issue was found."),
  cues: new BlockList(find("cues"), passageRow, 120, () => (isFilterActive() ? "No cue matches." : "There are no cues.")),
};

function showColumnHeads() {
  const heads = LANGUAGES.map((language) =>
    element("span", { "data-language": language.tag, textContent: `${language.name} · ${language.file}` }));
  find("cues").prepend(element("div", { className: "columns", "aria-hidden": "true" }, element("span"), ...heads));
  find("cues").style.setProperty("--languages", String(LANGUAGES.length));
}

function applyFilter() {
  lists.suspects.show(SUSPECTS.filter(matchesFilter));
  lists.cues.show(isFilterActive()
    ? REPORT.passages.filter((passage) => cuesOfPassage(passage).flat().some(matchesFilter))
    : REPORT.passages);
  for (const { segments, list } of segmentLists) {
    list.show(segments.filter(({ text }) => !cueFilter.text || text.normalize("NFC").toLowerCase().includes(cueFilter.text)));
  }
  const matching = LANGUAGES.reduce((sum, { cues }) => sum + cues.filter(matchesFilter).length, 0);
  find("tab-suspects").textContent = tabLabel("Suspects", lists.suspects.items.length, SUSPECTS.length);
  find("tab-cues").textContent = tabLabel("Cues", matching, countCues());
  const { range } = cueFilter;
  find("range").hidden = !range;
  find("range").textContent = range ? `${range.name} ×` : "";
  find("range").setAttribute("aria-label", range ? `Stop showing only ${range.name}` : "");
}

/**
 * Returns `Cues 60`, or with a filter `Cues 3/60`.
 * @param {string} name
 * @param {number} matching
 * @param {number} total
 */
function tabLabel(name, matching, total) {
  const shown = isFilterActive() ? `${numberFormat.format(matching)}/` : "";
  return `${name} ${shown}${numberFormat.format(total)}`;
}
