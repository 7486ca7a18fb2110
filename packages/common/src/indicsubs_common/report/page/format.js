// Making elements and writing numbers. Text is only ever set as text.

const find = (id) => document.getElementById(id);

/** An element; `properties` are set as properties, `data` and `aria-*` as attributes. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (key === "className" || key === "textContent" || key === "hidden") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

const counted = new Intl.NumberFormat("en");

/** `1 cue`, `3,012 cues`. */
function count(number, noun) {
  return `${counted.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** `1:02:03.450`, or without hours in films that have none. */
function clockText(ms, withHours, digits = 3) {
  const sign = ms < 0 ? "−" : "";
  const all = Math.floor(Math.abs(ms));
  const two = (number) => String(number).padStart(2, "0");
  const seconds = Math.floor(all / 1000);
  const hours = withHours ? `${Math.floor(seconds / 3600)}:` : "";
  const minutes = withHours ? Math.floor(seconds / 60) % 60 : Math.floor(seconds / 60);
  const fraction = digits ? `.${String(all % 1000).padStart(3, "0").slice(0, digits)}` : "";
  return `${sign}${hours}${two(minutes)}:${two(seconds % 60)}${fraction}`;
}

const percent = (share) => `${Math.round(100 * share)} %`;

/** Shares are told down, so that 100 % means every cue. */
const percentDown = (share) => `${Math.floor(1000 * share) / 10} %`;

/** At most two decimals. */
const plain = (number) => String(Math.round(100 * number) / 100);

const secondsText = (ms) => `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;

const RULE_NAMES = {
  "rule:length": "line too long",
  "rule:lines": "too many lines",
  "rule:words": "too many words",
  "rule:speed": "too fast to read",
  "rule:short": "too short",
  "rule:long": "too long on screen",
  "rule:gap": "gap off",
  "rule:overlap": "overlap",
  "rule:cut": "off the cut",
  "rule:film_end": "past the film's end",
  "translation:empty": "no translation",
  "translation:numbers": "numbers differ",
  "translation:script": "wrong script",
  "translation:leftover": "left untranslated",
  "translation:repetition": "repeats itself",
  "translation:stop": "sentence end differs",
  "translation:length": "length is suspicious",
  "translation:identical": "same as the source",
  "translation:question": "question mark differs",
  "translation:source": "odd source text",
  "hearing:note": "not timed or not trusted",
  "hearing:text": "text unsure",
  "hearing:time": "times unsure",
  "hearing:silence": "maybe nobody speaks",
};

/** What a rule asks for, where its keepers are counted. */
const RULE_TITLES = {
  length: "Line length",
  lines: "Number of lines",
  words: "Words in a cue",
  speed: "Reading speed",
  short: "Shortest duration",
  long: "Longest duration",
  gap: "Gap to the cue before",
  overlap: "No overlap",
  cut: "On the cuts",
  film_end: "Within the film",
};

/** A flag's rule in words; one that this page does not know keeps its own name. */
function ruleName(key) {
  return RULE_NAMES[key] ?? key.slice(key.indexOf(":") + 1).replaceAll("_", " ");
}

const ruleKey = (flag) => `${flag.kind}:${flag.rule}`;
