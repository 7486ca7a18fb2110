// The state of the page: the selected cue, the active language and the open tab.

/**
 * The language whose cues the film shows and the keys step through.
 * @type {Language | undefined}
 */
let activeLanguage = LANGUAGES[0];
/** @type {Cue | null} */
let selectedCue = null;
/**
 * The cues of all languages that are on screen.
 * @type {Set<Cue>}
 */
let cuesOnScreen = new Set();
/**
 * The suspect that was selected last. It stays the same while the film plays past others.
 * @type {Cue | null}
 */
let lastSuspect = null;

const activeCues = () => activeLanguage?.cues ?? [];

/**
 * Selects a cue: the film, the lists, the drawings and the page's address move to it.
 * @param {Cue | undefined} cue nothing happens without one
 * @param {number} [ms] time to seek to; by default the start of the cue
 */
function selectCue(cue, ms) {
  if (!cue) return;
  selectedCue = cue;
  if (cue.flags.length) lastSuspect = cue;
  showLanguage(cue.language);
  const hash = `#cue=${cue.id}`;
  if (location.hash !== hash) location.replace(hash);
  seek(ms ?? cue.start_ms);
  revealCue(cue);
  markCues(document);
  // With many languages, the column of the cue may be beside the window.
  document.querySelector("#cues a.selected")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  showCards();
}

/** @param {Cue} cue */
function revealCue(cue) {
  lists.suspects.reveal(cue);
  if (!lists.cues.reveal(REPORT.passages[cue.passage]) && isFilterActive() && currentTab() === "cues") {
    setFilter({ text: "", flag: "", range: null });
    lists.cues.reveal(REPORT.passages[cue.passage]);
  }
}

/** Updates everything that depends on the current time. */
function updateTime() {
  const ms = currentMs();
  find("time").textContent = `${formatTime(ms)} / ${formatTime(END_MS, 0)}`;
  const nextOnScreen = new Set(LANGUAGES.map(({ cues }) => cueAt(cues, ms)).filter((cue) => cue !== undefined));
  const isChanged = nextOnScreen.size !== cuesOnScreen.size || [...nextOnScreen].some((cue) => !cuesOnScreen.has(cue));
  if (isChanged) {
    cuesOnScreen = nextOnScreen;
    const current = cueAt(activeCues(), ms);
    if (isPlaying() && current) {
      selectedCue = current;
      if (find("follow").checked && currentTab() === "cues") lists.cues.reveal(REPORT.passages[current.passage]);
    }
    markCues(find("work"));
    showCards();
  }
  drawWave();
  drawMap();
}

/** Shows the selected cue in every language with its flags, below the film. */
function showCards() {
  const cues = selectedCue ? cuesOfPassage(REPORT.passages[selectedCue.passage]).flat() : [];
  const cards = cues.map((cue) => {
    const reasons = cue.flags.map((flag) => element("li", { className: flag.kind, textContent: `${flagName(flagKey(flag))}: ${flag.detail}` }));
    return element("div", { className: cue === selectedCue ? "card selected" : "card" },
      element("span", { className: "number", textContent: `${cue.language.file} · ${cue.number} · ${formatTime(cue.start_ms)}` }),
      cueText(cue), reasons.length ? element("ul", {}, ...reasons) : null);
  });
  find("now").setAttribute("aria-live", isPlaying() ? "off" : "polite");
  find("now").replaceChildren(...cards);
}

/**
 * Makes a language the active one.
 * @param {Language | undefined} next
 * @param {boolean} inFilm whether the film shows its cues
 */
function showLanguage(next, inFilm = true) {
  activeLanguage = next;
  showTrack(inFilm && next ? next.tag : null);
  for (const button of findAll("button", find("languages"))) {
    const isChecked = button.dataset.language === (inFilm ? next?.tag : "");
    button.setAttribute("aria-checked", String(isChecked));
    button.tabIndex = isChecked ? 0 : -1;
  }
  for (const cell of findAll("#cues [data-language]")) {
    cell.classList.toggle("active", cell.dataset.language === next?.tag);
  }
  drawWave();
}

/** @param {number} by */
function stepCue(by) {
  const cues = activeCues();
  const from = selectedCue && selectedCue.language === activeLanguage ? selectedCue.number - 1 : lastStartedIndex(cues, currentMs());
  selectCue(cues[Math.min(cues.length - 1, Math.max(0, from + by))]);
}

/** @param {number} by */
function stepSuspect(by) {
  const suspects = lists.suspects.items;
  const next = (lastSuspect ? suspects.indexOf(lastSuspect) : -1) + by;
  selectCue(suspects[Math.min(suspects.length - 1, Math.max(0, next))]);
}

/** Names of the panels; the button of each tab has the id `tab-NAME`. */
const TABS = /** @type {const} */ (["suspects", "cues", "hearing", "figures"]);

const currentTab = () => TABS.find((name) => !find(name).hidden);

/** @param {(typeof TABS)[number]} opened */
function openTab(opened) {
  for (const name of TABS) {
    const tab = find(`tab-${name}`);
    tab.setAttribute("aria-selected", String(name === opened));
    tab.tabIndex = name === opened ? 0 : -1;
    find(name).hidden = name !== opened;
  }
  if (selectedCue && (opened === "suspects" || opened === "cues")) revealCue(selectedCue);
}

/** @param {Partial<CueFilter>} change */
function setFilter(change) {
  Object.assign(cueFilter, change);
  if (!cueFilter.text) find("text").value = "";
  find("flag").value = cueFilter.flag;
  applyFilter();
}

/** Selects the cue that the page's address names. */
function selectFromAddress() {
  if (!location.hash.startsWith("#cue=")) return;
  const cue = findCueById(location.hash.slice(5));
  if (cue !== selectedCue) selectCue(cue);
}

/** On a phone the film sticks to the window's top; the bar sticks below it. */
function updateBarTop() {
  const screen = find("screen");
  const isSticky = getComputedStyle(screen).position === "sticky";
  document.body.style.setProperty("--screen", `${isSticky ? screen.offsetHeight : 0}px`);
}

/** Fills the parts of the page that stay the same. */
function showContents() {
  find("title").textContent = REPORT.film || "Subtitles";
  find("summary").textContent = [
    formatCount(LANGUAGES.length, "language"),
    formatCount(countCues(), "cue"),
    SUSPECTS.length ? formatCount(SUSPECTS.length, "suspect") : "no suspects",
  ].join(" · ");
  find("languages").append(
    ...LANGUAGES.map(({ tag, name }, index) =>
      element("button", { type: "button", role: "radio", "data-language": tag, title: index < 9 ? `Key ${index + 1}` : null, textContent: name })),
    element("button", { type: "button", role: "radio", "data-language": "", title: "Key 0", textContent: "Off" }),
  );
  find("flag").append(
    element("option", { value: "", textContent: "All cues" }),
    element("option", { value: "any", textContent: "Any flag" }),
    ...countFlags().map(([key, number]) =>
      element("option", { value: key, textContent: `${flagName(key)} (${number})` })),
  );
  find("keys").append(...[...KEYS, { label: "1–9", description: "language in the film" }].flatMap(({ label, description }) => [
    element("dt", {}, ...label.split(" ").map((key) => element("kbd", { textContent: key }))),
    element("dd", { textContent: description }),
  ]));
  find("tab-hearing").hidden = !REPORT.noted_segments.length;
  find("tab-hearing").textContent = `Hearing ${numberFormat.format(REPORT.noted_segments.length)}`;
  showColumnHeads();
  showFigures();
}

function listen() {
  setUpChoices(find("languages"), ({ dataset: { language: tag } }) =>
    (tag ? showLanguage(LANGUAGES_BY_TAG.get(tag)) : showLanguage(activeLanguage, false)));
  setUpChoices(find("tabs"), (button) => openTab(TABS[[...find("tabs").children].indexOf(button)]));
  find("text").addEventListener("input", () => setFilter({ text: find("text").value.normalize("NFC").toLowerCase() }));
  find("flag").addEventListener("change", () => setFilter({ flag: find("flag").value }));
  find("range").addEventListener("click", () => setFilter({ range: null }));
  find("filter").addEventListener("submit", (event) => event.preventDefault());
  find("theme").addEventListener("click", nextTheme);
  find("help-button").addEventListener("click", toggleHelp);
  document.addEventListener("keydown", handleKey);
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const link = target.closest("a[data-cue]");
    if (link instanceof HTMLElement) selectCue(findCueById(link.dataset.cue ?? ""));
    const button = target.closest("[data-do]");
    if (button instanceof HTMLElement) ACTIONS[button.dataset.do ?? ""]();
  });
  window.addEventListener("hashchange", selectFromAddress);
  new ResizeObserver(updateBarTop).observe(find("screen"));
}

function start() {
  showContents();
  applyFilter();
  setUpDrawings();
  setTheme(storedTheme() ?? "auto");
  openFilm();
  openTab(SUSPECTS.length ? "suspects" : "cues");
  showLanguage(LANGUAGES[0]);
  listen();
  selectFromAddress();
  updateTime();
}

start();
