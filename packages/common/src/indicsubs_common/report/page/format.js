// Finds and creates elements, and formats numbers. Text is always set as text, never as markup.

/**
 * Returns the element of the page's HTML with this id.
 * @template {keyof PageElements} Id
 * @param {Id} id
 */
const find = (id) => /** @type {PageElements[Id]} */ (document.getElementById(id));

/**
 * Returns the elements that match a selector.
 * @param {string} selector
 * @param {ParentNode} root
 * @returns {NodeListOf<HTMLElement>}
 */
const findAll = (selector, root = document) => root.querySelectorAll(selector);

/**
 * Creates an element. `className`, `textContent` and `hidden` are set as properties, everything else
 * as attributes; null and undefined are skipped.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, AttributeValue>} properties
 * @param {...(Node | string | null)} children null is skipped
 */
function element(name, properties = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (key === "className" || key === "textContent" || key === "hidden") Object.assign(created, { [key]: value });
    else created.setAttribute(key, String(value));
  }
  created.append(...children.filter((child) => child !== null));
  return created;
}

const numberFormat = new Intl.NumberFormat("en");

/**
 * Returns `1 cue`, `3,012 cues`.
 * @param {number} number
 * @param {string} noun
 */
function formatCount(number, noun) {
  return `${numberFormat.format(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Returns `1:02:03.450`, or without hours `02:03.450`.
 * @param {number} ms
 * @param {boolean} withHours
 * @param {number} digits digits of the fraction, 0 to 3
 */
function formatClock(ms, withHours, digits = 3) {
  const sign = ms < 0 ? "−" : "";
  const wholeMs = Math.floor(Math.abs(ms));
  const twoDigits = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const seconds = Math.floor(wholeMs / 1000);
  const hours = withHours ? `${Math.floor(seconds / 3600)}:` : "";
  const minutes = withHours ? Math.floor(seconds / 60) % 60 : Math.floor(seconds / 60);
  const fraction = digits ? `.${String(wholeMs % 1000).padStart(3, "0").slice(0, digits)}` : "";
  return `${sign}${hours}${twoDigits(minutes)}:${twoDigits(seconds % 60)}${fraction}`;
}

/** @param {number} share 0 to 1 */
const formatPercent = (share) => `${Math.round(100 * share)} %`;

/**
 * Rounds down, so that 100 % means every cue.
 * @param {number} share 0 to 1
 */
const formatPercentDown = (share) => `${Math.floor(1000 * share) / 10} %`;

/**
 * Returns a number with at most two decimals.
 * @param {number} number
 */
const formatNumber = (number) => String(Math.round(100 * number) / 100);

/** @param {number} ms */
const formatSeconds = (ms) => `${(ms / 1000).toFixed(ms < 10000 ? 2 : 1)} s`;

/** @type {Record<string, string>} */
const FLAG_NAMES = {
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
  "translation:language": "not translated",
  "hearing:note": "not timed or not trusted",
  "hearing:text": "text unsure",
  "hearing:time": "times unsure",
  "hearing:silence": "maybe nobody speaks",
  "hearing:quarantined": "probably never spoken",
  "hearing:corrected": "corrected",
};

/**
 * Names of the rules in the table of the cues that keep them.
 * @type {Record<string, string>}
 */
const RULE_TITLES = {
  length: "Line length",
  lines: "Number of lines",
  words: "Words in a cue",
  speed: "Reading speed",
  short: "Shortest duration",
  long: "Longest duration",
  gap: "Gap to the previous cue",
  overlap: "No overlap",
  cut: "On the cuts",
  film_end: "Within the film",
};

/**
 * Names of the methods of timing that are not engines.
 * @type {Record<string, string>}
 */
const TIMING_METHODS = {
  aligned: "forced alignment",
  subtitle: "subtitle file",
  characters: "length of the text",
};

/** @param {string} method */
const timingName = (method) => TIMING_METHODS[method] ?? method;

/**
 * Returns the name of a flag; for a key that this page does not know, the rule in the key.
 * @param {string} key
 */
function flagName(key) {
  return FLAG_NAMES[key] ?? key.slice(key.indexOf(":") + 1).replaceAll("_", " ");
}

/**
 * Returns a key such as `rule:speed`.
 * @param {Flag} flag
 */
const flagKey = (flag) => `${flag.kind}:${flag.rule}`;
