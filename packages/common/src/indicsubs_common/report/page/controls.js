// Theme, help, buttons and keys.

/** @type {Record<string, string>} */
const THEMES = { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" };

/** @param {string} name */
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
  const next = names[(names.indexOf(document.documentElement.dataset.theme ?? "") + 1) % names.length];
  storeTheme(next);
  setTheme(next);
}

/**
 * Stores the theme for the next time. Some browsers store nothing for pages from disk, and raise an
 * error.
 * @param {string} name
 */
function storeTheme(name) {
  try {
    localStorage.setItem("indicsubs-theme", name);
  } catch {
    // the next time starts with the default
  }
}

function storedTheme() {
  try {
    return localStorage.getItem("indicsubs-theme");
  } catch {
    return null;
  }
}

function toggleHelp() {
  const dialog = find("help");
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

/**
 * The actions of buttons, by their attribute `data-do`.
 * @type {Record<string, () => void>}
 */
const ACTIONS = {
  play: togglePlay,
  "next-cue": () => stepCue(1),
  "previous-cue": () => stepCue(-1),
  "next-suspect": () => stepSuspect(1),
  "previous-suspect": () => stepSuspect(-1),
  closer: () => zoom(-1),
  further: () => zoom(1),
};

/** @type {KeyBinding[]} */
const KEYS = [
  { keys: [" "], label: "space", description: "play or pause", act: togglePlay },
  { keys: ["j", "ArrowDown"], label: "j ↓", description: "next cue", act: () => stepCue(1) },
  { keys: ["k", "ArrowUp"], label: "k ↑", description: "previous cue", act: () => stepCue(-1) },
  { keys: ["n"], label: "n", description: "next suspect", act: () => stepSuspect(1) },
  { keys: ["p"], label: "p", description: "previous suspect", act: () => stepSuspect(-1) },
  { keys: ["ArrowLeft"], label: "←", description: "one second back", act: () => seek(currentMs() - 1000) },
  { keys: ["ArrowRight"], label: "→", description: "one second forward", act: () => seek(currentMs() + 1000) },
  { keys: ["+", "="], label: "+", description: "waveform closer", act: () => zoom(-1) },
  { keys: ["-"], label: "−", description: "waveform further", act: () => zoom(1) },
  { keys: ["s"], label: "s", description: "suspects", act: () => openTab("suspects") },
  { keys: ["c"], label: "c", description: "cues", act: () => openTab("cues") },
  ...(REPORT.noted_segments.length
    ? [{ keys: ["h"], label: "h", description: "hearing", act: () => openTab("hearing") }]
    : []),
  { keys: ["f"], label: "f", description: "figures", act: () => openTab("figures") },
  { keys: ["/"], label: "/", description: "find text", act: () => find("text").focus() },
  { keys: ["0"], label: "0", description: "no subtitles in the film", act: () => showLanguage(activeLanguage, false) },
  { keys: ["?"], label: "?", description: "these keys", act: toggleHelp },
];

/** @param {KeyboardEvent} event */
function handleKey(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !(target instanceof HTMLElement)) return;
  if (key === "Escape" && target === find("text")) {
    setFilter({ text: "" });
    target.blur();
    return;
  }
  if (target.matches("input[type=search], select") || (find("help").open && key !== "?")) return;
  if (key === " " && target.matches("button, input")) return; // the space key presses them
  if (key.startsWith("Arrow") && target.matches('[role="tab"], [role="radio"]')) return;
  const language = LANGUAGES[Number(key) - 1];
  const binding = KEYS.find(({ keys }) => keys.includes(key));
  if (language) showLanguage(language);
  else if (binding) binding.act();
  else return;
  event.preventDefault();
}

/** @type {Record<string, number>} */
const ARROW_STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/**
 * Lets clicks and arrow keys choose a button of a group of tabs or radio buttons, as screen readers
 * announce them.
 * @param {HTMLElement} group
 * @param {(button: HTMLElement) => void} choose
 */
function setUpChoices(group, choose) {
  group.addEventListener("keydown", (event) => {
    const by = ARROW_STEPS[event.key];
    if (!by) return;
    const buttons = [...findAll("button", group)].filter((button) => !button.hidden);
    const focused = buttons.findIndex((button) => button === document.activeElement);
    const next = buttons[(focused + by + buttons.length) % buttons.length];
    choose(next);
    next.focus();
    event.preventDefault();
  });
  for (const button of findAll("button", group)) button.addEventListener("click", () => choose(button));
}
