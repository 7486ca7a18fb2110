// What the page does: one chosen cue, one shown language, one clock, and the keys.

let language = LANGUAGES[0]; // whose cues the film shows and the keys walk through
let chosen = null;
let shownNow = new Set(); // the cues of all languages that are on screen
let lastSuspect = null; // the last that was gone to; playing on past others changes nothing

const shownLanguage = () => language ?? { cues: [] };
const selectedCue = () => chosen;

/** Choose a cue: the film, the lists, the drawings and the address go there. */
function select(cue, { at = cue?.start_ms } = {}) {
  if (!cue) return;
  chosen = cue;
  if (cue.flags.length) lastSuspect = cue;
  showLanguage(cue.language);
  const hash = `#cue=${cue.id}`;
  if (location.hash !== hash) location.replace(hash);
  seek(at);
  revealChosen();
  mark(document);
  // Where there are many languages, its column may be beside the window.
  document.querySelector("#cues a.chosen")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  showNow();
}

function revealChosen() {
  lists.suspects.reveal(chosen);
  if (!lists.cues.reveal(REPORT.passages[chosen.passage]) && isFiltered() && currentTab() === "cues") {
    setFilter({ text: "", flag: "", range: null });
    lists.cues.reveal(REPORT.passages[chosen.passage]);
  }
}

/** The clock has moved: everything that follows it does. */
function moved() {
  const ms = nowMs();
  find("time").textContent = `${timeText(ms)} / ${timeText(END_MS, 0)}`;
  const shown = new Set(LANGUAGES.map((one) => cueAt(one, ms)).filter(Boolean));
  const changed = shown.size !== shownNow.size || [...shown].some((cue) => !shownNow.has(cue));
  if (changed) {
    shownNow = shown;
    const current = cueAt(shownLanguage(), ms);
    if (isPlaying() && current) {
      chosen = current;
      if (find("follow").checked && currentTab() === "cues") lists.cues.reveal(REPORT.passages[current.passage]);
    }
    mark(find("work"));
    showNow();
  }
  drawWave();
  drawMap();
}

/** Under the film: the chosen cue in every language, with what is said against it. */
function showNow() {
  const passage = chosen && REPORT.passages[chosen.passage];
  const cards = passage ? cuesOfPassage(passage).flat() : [];
  const made = cards.map((cue) => {
    const reasons = cue.flags.map((flag) => element("li", { className: flag.kind, textContent: `${ruleName(ruleKey(flag))}: ${flag.detail}` }));
    return element("div", { className: cue === chosen ? "card chosen" : "card" },
      element("span", { className: "number", textContent: `${cue.language.file} · ${cue.number} · ${timeText(cue.start_ms)}` }),
      textOf(cue), reasons.length ? element("ul", {}, ...reasons) : null);
  });
  find("now").setAttribute("aria-live", isPlaying() ? "off" : "polite");
  find("now").replaceChildren(...made);
}

function showLanguage(next, shown = true) {
  language = next;
  showTrack(shown && next ? next.tag : null);
  for (const button of find("languages").children) {
    const on = button.dataset.language === (shown ? next?.tag : "");
    button.setAttribute("aria-checked", on);
    button.tabIndex = on ? 0 : -1;
  }
  document.body.dataset.shown = next?.tag ?? "";
  for (const cell of document.querySelectorAll("#cues [data-language]")) {
    cell.classList.toggle("active", cell.dataset.language === next?.tag);
  }
  drawWave();
}

function step(by) {
  const { cues } = shownLanguage();
  const from = chosen && chosen.language === language ? chosen.number - 1 : lastStarted(cues, nowMs());
  select(cues[Math.min(cues.length - 1, Math.max(0, from + by))]);
}

function stepSuspect(by) {
  const suspects = lists.suspects.items;
  const next = suspects.indexOf(lastSuspect) + by;
  select(suspects[Math.min(suspects.length - 1, Math.max(0, next))]);
}

const currentTab = () => document.querySelector('[role="tab"][aria-selected="true"]')?.getAttribute("aria-controls");

function openTab(name) {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const open = tab.getAttribute("aria-controls") === name;
    tab.setAttribute("aria-selected", open);
    tab.tabIndex = open ? 0 : -1;
    find(tab.getAttribute("aria-controls")).hidden = !open;
  }
  if (chosen && name !== "figures") revealChosen();
}

function setFilter(change) {
  Object.assign(filter, change);
  if (!filter.text) find("text").value = "";
  find("flag").value = filter.flag;
  applyFilter();
}

const THEMES = { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" };

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  find("theme").textContent = THEMES[name];
  find("theme").setAttribute("aria-label", `Colours: ${name}`);
  readColours();
  drawWave();
  drawMap();
}

function nextTheme() {
  const names = Object.keys(THEMES);
  const next = names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length];
  remember("theme", next);
  setTheme(next);
}

/** Some browsers keep nothing for pages from disk, and say so with an error. */
function remember(key, value) {
  try {
    localStorage.setItem(`indicsubs-${key}`, value);
  } catch {
    // it is chosen again next time
  }
}

function remembered(key) {
  try {
    return localStorage.getItem(`indicsubs-${key}`);
  } catch {
    return null;
  }
}

function help() {
  const dialog = find("help");
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

const ACTIONS = {
  play: playOrPause,
  "next-cue": () => step(1),
  "previous-cue": () => step(-1),
  "next-suspect": () => stepSuspect(1),
  "previous-suspect": () => stepSuspect(-1),
  closer: () => zoom(-1),
  further: () => zoom(1),
};

const KEYS = [
  { keys: [" "], shown: "space", what: "play or pause", act: playOrPause },
  { keys: ["j", "ArrowDown"], shown: "j ↓", what: "next cue", act: () => step(1) },
  { keys: ["k", "ArrowUp"], shown: "k ↑", what: "cue before", act: () => step(-1) },
  { keys: ["n"], shown: "n", what: "next suspect", act: () => stepSuspect(1) },
  { keys: ["p"], shown: "p", what: "suspect before", act: () => stepSuspect(-1) },
  { keys: ["ArrowLeft"], shown: "←", what: "one second back", act: () => seek(nowMs() - 1000) },
  { keys: ["ArrowRight"], shown: "→", what: "one second on", act: () => seek(nowMs() + 1000) },
  { keys: ["+", "="], shown: "+", what: "waveform closer", act: () => zoom(-1) },
  { keys: ["-"], shown: "−", what: "waveform further", act: () => zoom(1) },
  { keys: ["s"], shown: "s", what: "suspects", act: () => openTab("suspects") },
  { keys: ["c"], shown: "c", what: "cues", act: () => openTab("cues") },
  { keys: ["f"], shown: "f", what: "figures", act: () => openTab("figures") },
  { keys: ["/"], shown: "/", what: "find text", act: () => find("text").focus() },
  { keys: ["0"], shown: "0", what: "no subtitles in the film", act: () => showLanguage(language, false) },
  { keys: ["?"], shown: "?", what: "these keys", act: help },
];

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event;
  if (key === "Escape" && target === find("text")) {
    setFilter({ text: "" });
    target.blur();
    return;
  }
  if (target.matches("input[type=search], select") || (find("help").open && key !== "?")) return;
  if (key === " " && target.matches("button, input")) return; // theirs
  if (key.startsWith("Arrow") && target.matches('[role="tab"], [role="radio"]')) return;
  const number = LANGUAGES[Number(key) - 1];
  const found = KEYS.find(({ keys }) => keys.includes(key));
  if (number) showLanguage(number);
  else if (found) found.act();
  else return;
  event.preventDefault();
}

/** Arrow keys walk within a group of tabs or choices, as screen readers announce them. */
function walkable(group, act) {
  group.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const items = [...group.children];
    const next = items[(items.indexOf(document.activeElement) + by + items.length) % items.length];
    act(next);
    next.focus();
    event.preventDefault();
  });
  group.addEventListener("click", ({ target }) => {
    const item = target.closest("button");
    if (item) act(item);
  });
}

function goToAddress() {
  const cue = location.hash.startsWith("#cue=") && cueOfId(location.hash.slice(5));
  if (cue && cue !== chosen) select(cue);
  return Boolean(cue);
}

/** On a phone the film sticks to the window's top, and the bar below it. */
function stick() {
  const screen = find("screen");
  const sticks = getComputedStyle(screen).position === "sticky";
  document.body.style.setProperty("--screen", `${sticks ? screen.offsetHeight : 0}px`);
}

function start() {
  const all = LANGUAGES.reduce((sum, one) => sum + one.cues.length, 0);
  find("title").textContent = REPORT.film || "Subtitles";
  find("summary").textContent =
    `${count(LANGUAGES.length, "language")} · ${count(all, "cue")} · ` +
    (SUSPECTS.length ? `${count(SUSPECTS.length, "suspect")}` : "no suspects");
  find("languages").append(
    ...LANGUAGES.map(({ tag, name }, index) =>
      element("button", { type: "button", role: "radio", "data-language": tag, title: index < 9 ? `Key ${index + 1}` : null, textContent: name })),
    element("button", { type: "button", role: "radio", "data-language": "", title: "Key 0", textContent: "Off" }),
  );
  find("flag").append(
    element("option", { value: "", textContent: "All cues" }),
    element("option", { value: "any", textContent: "Any flag" }),
    ...flagCounts().map(([key, number]) =>
      element("option", { value: key, textContent: `${ruleName(key)} (${number})` })),
  );
  find("keys").append(...[...KEYS, { shown: "1–9", what: "language in the film" }].flatMap(({ shown, what }) => [
    element("dt", {}, ...shown.split(" ").map((key) => element("kbd", { textContent: key }))),
    element("dd", { textContent: what }),
  ]));
  showColumns();
  showFigures();
  applyFilter();
  listenToDrawings();
  setTheme(remembered("theme") ?? "auto");
  openFilm();
  openTab(SUSPECTS.length ? "suspects" : "cues");
  showLanguage(LANGUAGES[0]);
  walkable(find("languages"), ({ dataset }) =>
    (dataset.language ? showLanguage(BY_TAG.get(dataset.language)) : showLanguage(language, false)));
  walkable(document.querySelector('[role="tablist"]'), (tab) => openTab(tab.getAttribute("aria-controls")));
  find("text").addEventListener("input", ({ target }) =>
    setFilter({ text: target.value.normalize("NFC").toLowerCase() }));
  find("flag").addEventListener("change", ({ target }) => setFilter({ flag: target.value }));
  find("range").addEventListener("click", () => setFilter({ range: null }));
  find("filter").addEventListener("submit", (event) => event.preventDefault());
  find("theme").addEventListener("click", nextTheme);
  find("help-button").addEventListener("click", help);
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", ({ target }) => {
    const link = target.closest("a[data-cue]");
    if (link) select(cueOfId(link.dataset.cue));
    const action = target.closest("[data-do]");
    if (action) ACTIONS[action.dataset.do]();
  });
  window.addEventListener("hashchange", goToAddress);
  new ResizeObserver(stick).observe(find("screen"));
  goToAddress();
  moved();
}

start();
