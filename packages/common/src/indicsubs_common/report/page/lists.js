// Long lists: rows come in blocks, and only the blocks near the window have their rows.

const BLOCK = 30;
const NEAR = 900; // CSS pixels above and below the window

class BlockList {
  /** Rows of `items`, each made by `makeRow`; `rowHeight` is a first guess, in CSS pixels. */
  constructor(panel, makeRow, rowHeight, empty) {
    this.panel = panel;
    this.makeRow = makeRow;
    this.rowHeight = rowHeight;
    this.empty = empty;
    this.items = [];
    this.blocks = [];
    this.list = element("div", { role: "list" });
    panel.append(this.list);
    this.watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) this.fill(entry.target.index);
        else this.drain(entry.target.index);
      }
    }, { rootMargin: `${NEAR}px 0px` });
  }

  show(items) {
    this.items = items;
    this.watch.disconnect();
    this.blocks = [];
    for (let from = 0; from < items.length; from += BLOCK) {
      const block = element("div", { role: "presentation", className: "block" });
      block.index = this.blocks.length;
      block.style.height = `${Math.min(BLOCK, items.length - from) * this.rowHeight}px`;
      this.blocks.push(block);
    }
    this.list.replaceChildren(...this.blocks);
    if (!items.length) this.list.append(element("p", { className: "empty", textContent: this.empty() }));
    for (const block of this.blocks) this.watch.observe(block);
  }

  fill(index) {
    const block = this.blocks[index];
    if (!block || block.childElementCount) return;
    const from = index * BLOCK;
    const rows = this.items.slice(from, from + BLOCK).map((item, row) => {
      const made = this.makeRow(item);
      made.setAttribute("role", "listitem");
      made.setAttribute("aria-setsize", this.items.length);
      made.setAttribute("aria-posinset", from + row + 1);
      return made;
    });
    block.style.height = "";
    block.append(...rows);
    mark(block);
  }

  /** An emptied block keeps its height; one that has the focus keeps its rows. */
  drain(index) {
    const block = this.blocks[index];
    if (!block?.childElementCount || block.contains(document.activeElement)) return;
    const { top, bottom } = block.getBoundingClientRect();
    // The news that it is far may be older than the jump that brought it here.
    if (!this.panel.hidden && bottom > -NEAR && top < window.innerHeight + NEAR) return;
    block.style.height = `${block.offsetHeight}px`;
    block.replaceChildren();
  }

  /** Bring the row of an item into view; false where the list does not have it. */
  reveal(item) {
    const index = this.items.indexOf(item);
    if (index < 0 || this.panel.hidden) return index >= 0;
    const block = Math.floor(index / BLOCK);
    for (const near of [block - 1, block, block + 1]) this.fill(near);
    const row = this.blocks[block].children[index % BLOCK];
    const { top, bottom } = row.getBoundingClientRect();
    const head = headHeight();
    if (top < head || bottom > window.innerHeight) {
      window.scrollBy({ top: top - head - (window.innerHeight - head) / 3, behavior: "instant" });
    }
    return true;
  }
}

/** What sticks to the window's top and hides rows: the bar, and on a phone the film. */
function headHeight() {
  const bar = document.querySelector(".bar");
  return parseFloat(getComputedStyle(bar).top) + bar.offsetHeight;
}

/** Classes of the cue that is chosen and of those that are on screen. */
function mark(root) {
  for (const link of root.querySelectorAll("a[data-cue]")) {
    const cue = cueOfId(link.dataset.cue);
    link.classList.toggle("chosen", cue === selectedCue());
    link.classList.toggle("shown", shownNow.has(cue));
    if (cue === selectedCue()) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function textOf(cue) {
  const { tag, right_to_left: rightToLeft } = cue.language;
  const lines = cue.lines.map((line) => element("span", { className: "line", textContent: line }));
  const className = cue.kind && cue.kind !== "speech" ? `text ${cue.kind}` : "text";
  return element("span", { className, lang: tag, dir: rightToLeft ? "rtl" : "ltr" }, ...lines);
}

/** Speed, length, duration and gap; those that break a rule stand out. */
function metricsOf(cue) {
  const broken = new Set(cue.flags.filter((one) => one.kind === "rule").map((one) => one.rule));
  const made = element("span", { className: "metrics" });
  const add = (text, title, ...rules) => {
    const bad = rules.some((rule) => broken.has(rule));
    made.append(element("span", { className: bad ? "bad" : null, title, textContent: text }));
  };
  if (cue.language.speed_of === "words_per_minute") {
    add(`${Math.round(cue.words_per_minute)} wpm`, "Words a minute", "speed");
  } else {
    add(`${cue.characters_per_second.toFixed(1)} c/s`, "Characters a second", "speed");
  }
  add(`${cue.line_characters.join("+")} ch`, "Characters of each line", "length", "lines");
  add(secondsText(cue.duration_ms), "Duration", "short", "long", "film_end");
  if (cue.gap_ms !== undefined) {
    add(`gap ${secondsText(cue.gap_ms)}`, "Since the cue before", "gap", "overlap");
  }
  return made;
}

/** How sure the recogniser was of the text heard, or the aligner of its times. */
function confidenceOf({ confidence, word_score: score }) {
  if (confidence === undefined && score === undefined) return null;
  const told = [
    confidence === undefined ? "" : `text heard: ${percent(confidence)}`,
    score === undefined ? "" : `word times: ${percent(score)}`,
  ];
  return element("span", {
    className: "confidence", title: `Confidence: ${told.filter(Boolean).join(", ")}`,
    textContent: `◉ ${percent(confidence ?? score)}`,
  });
}

/** How much of its time on screen reading takes: full is half too much. */
function meterOf({ reading_share: share = 0 }) {
  const meter = element("span", { className: "meter", "aria-hidden": "true" });
  meter.style.setProperty("--share", Math.min(1, share / 1.5).toFixed(3));
  meter.classList.toggle("over", share > 1);
  return meter;
}

function flagsOf(cue) {
  const flags = cue.flags.map((flag) =>
    element("span", { className: `flag ${flag.kind}`, title: flag.detail, textContent: ruleName(ruleKey(flag)) }),
  );
  return flags.length ? element("span", { className: "flags" }, ...flags) : null;
}

/** A cue is a link to itself: clicked it seeks, copied it is the place to send somebody to. */
function cueLink(cue, ...children) {
  const place = `${cue.language.file}, cue ${cue.number}`;
  return element("a", { className: "cue", href: `#cue=${cue.id}`, "data-cue": cue.id, title: place }, ...children);
}

function cueCard(cue) {
  const number = element("span", { className: "number", textContent: `${cue.language.tag} ${cue.number}` });
  const head = element("span", { className: "head" }, number, confidenceOf(cue));
  return cueLink(cue, head, metricsOf(cue), meterOf(cue), textOf(cue), flagsOf(cue));
}

function passageRow(passage) {
  const time = element("span", { className: "time", textContent: timeText(passage.start_ms, 1) });
  const cells = cuesOfPassage(passage).map((cues, column) =>
    element("div", { className: cues.length ? "cell" : "cell none", "data-language": LANGUAGES[column].tag }, ...cues.map(cueCard)),
  );
  return element("div", { className: "passage" }, time, ...cells);
}

function suspectRow(cue) {
  const points = element("span", { className: "points", title: "Points", textContent: cue.points.toFixed(1) });
  const place = element("span", { className: "place" },
    element("b", { textContent: `${cue.language.file} · ${cue.number}` }),
    element("span", { className: "time", textContent: timeText(cue.start_ms, 1) }),
  );
  const reasons = cue.flags.map((flag) =>
    element("li", { className: flag.kind },
      element("b", { textContent: ruleName(ruleKey(flag)) }), ` ${flag.detail}`),
  );
  return element("div", { className: "suspect" },
    cueLink(cue, points, place, textOf(cue), element("ul", {}, ...reasons)));
}

const lists = {
  suspects: new BlockList(find("suspects"), suspectRow, 110, () =>
    isFiltered() ? "No suspect matches." : "Nothing needs a person: no rule is broken and no doubt is left."),
  cues: new BlockList(find("cues"), passageRow, 120, () => (isFiltered() ? "No cue matches." : "There are no cues.")),
};

function showColumns() {
  const heads = LANGUAGES.map((language) =>
    element("span", { "data-language": language.tag, textContent: `${language.name} · ${language.file}` }));
  find("cues").prepend(element("div", { className: "columns", "aria-hidden": "true" }, element("span"), ...heads));
  find("cues").style.setProperty("--languages", LANGUAGES.length);
}

function applyFilter() {
  lists.suspects.show(SUSPECTS.filter(passes));
  lists.cues.show(isFiltered()
    ? REPORT.passages.filter((passage) => cuesOfPassage(passage).flat().some(passes))
    : REPORT.passages);
  const total = (number, of, name) => (isFiltered() ? `${name} ${counted.format(number)}/${counted.format(of)}` : `${name} ${counted.format(of)}`);
  find("tab-suspects").textContent = total(lists.suspects.items.length, SUSPECTS.length, "Suspects");
  const all = LANGUAGES.reduce((sum, language) => sum + language.cues.length, 0);
  const left = isFiltered() ? LANGUAGES.reduce((sum, { cues }) => sum + cues.filter(passes).length, 0) : all;
  find("tab-cues").textContent = total(left, all, "Cues");
  const { range } = filter;
  find("range").hidden = !range;
  find("range").textContent = range ? `${range.name} ×` : "";
  find("range").setAttribute("aria-label", range ? `Stop showing only ${range.name}` : "");
}
