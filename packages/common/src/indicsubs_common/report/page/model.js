// The report, with indexes by language, number and time, and the filter of the lists.

const DATA = /** @type {PageData} */ (JSON.parse(find("data").textContent));
const REPORT = DATA.report;
/** The languages of the report; the loops below add the fields that only the page needs. */
const LANGUAGES = /** @type {Language[]} */ (REPORT.languages);
const LANGUAGES_BY_TAG = new Map(LANGUAGES.map((language) => [language.tag, language]));

for (const language of LANGUAGES) {
  for (const cue of language.cues) {
    cue.language = language;
    cue.id = `${language.tag}-${cue.number}`;
    cue.flags ??= [];
    cue.points ??= 0;
    cue.passage = -1;
  }
}
REPORT.passages.forEach((passage, index) => {
  for (const [tag, numbers] of Object.entries(passage.cues)) {
    for (const number of numbers) reportedCue(tag, number).passage = index;
  }
});

const SUSPECTS = REPORT.suspects.map(({ language, number }) => reportedCue(language, number));

const WAVE = DATA.waveform && {
  startMs: DATA.waveform.start_ms,
  bucketMs: DATA.waveform.bucket_ms,
  peaks: Uint8Array.from(atob(DATA.waveform.peaks), (letter) => letter.charCodeAt(0)),
};
const START_MS = Math.min(
  DATA.film_start_ms,
  ...REPORT.passages.slice(0, 1).map((passage) => passage.start_ms),
);
const END_MS = Math.max(
  REPORT.end_ms,
  START_MS + 1000,
  WAVE ? WAVE.startMs + WAVE.peaks.length * WAVE.bucketMs : 0,
);
const WITH_HOURS = END_MS >= 3600000;

/**
 * Returns a time as text, with hours if the film has any.
 * @param {number} ms
 * @param {number} [digits] digits of the fraction, 0 to 3
 */
const formatTime = (ms, digits) => formatClock(ms, WITH_HOURS, digits);

/**
 * Returns the cue of a language with this number; undefined if there is none.
 * @param {string} tag
 * @param {number} number
 * @returns {Cue | undefined}
 */
function findCue(tag, number) {
  return LANGUAGES_BY_TAG.get(tag)?.cues[number - 1];
}

/**
 * Returns a cue that a passage or a suspect of the report names.
 * @param {string} tag
 * @param {number} number
 */
function reportedCue(tag, number) {
  return /** @type {Cue} */ (findCue(tag, number));
}

/**
 * Returns the cue with this id, such as `hi-123`; undefined if there is none. A tag may contain
 * dashes.
 * @param {string} id
 */
function findCueById(id) {
  const dash = id.lastIndexOf("-");
  return findCue(id.slice(0, dash), Number(id.slice(dash + 1)));
}

/**
 * Returns the index of the last cue that starts at or before a time; -1 before the first.
 * @param {Cue[]} cues
 * @param {number} ms
 */
function lastStartedIndex(cues, ms) {
  let low = 0;
  let high = cues.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].start_ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * Returns the cue that is on screen at a time; undefined if there is none.
 * @param {Cue[]} cues
 * @param {number} ms
 */
function cueAt(cues, ms) {
  const cue = cues[lastStartedIndex(cues, ms)];
  return cue && ms < cue.end_ms ? cue : undefined;
}

/**
 * Returns the keys of all flags with their numbers of cues, most frequent first.
 * @returns {[string, number][]}
 */
function countFlags() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const cue of SUSPECTS) {
    for (const key of new Set(cue.flags.map(flagKey))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one);
}

/** @type {CueFilter} */
const cueFilter = { text: "", flag: "", range: null };

/** @param {Cue} cue */
function matchesFilter(cue) {
  const { text, flag, range } = cueFilter;
  if (range) {
    const value = cue[range.field];
    if (cue.language.tag !== range.tag || value < range.from || value >= range.to) return false;
  }
  if (flag === "any" && !cue.flags.length) return false;
  if (flag && flag !== "any" && !cue.flags.some((one) => flagKey(one) === flag)) return false;
  return !text || searchText(cue).includes(text);
}

/**
 * Returns a cue's text as the filter compares it.
 * @param {Cue} cue
 */
function searchText(cue) {
  cue.searchText ??= cue.lines.join(" ").normalize("NFC").toLowerCase();
  return cue.searchText;
}

const isFilterActive = () => Boolean(cueFilter.text || cueFilter.flag || cueFilter.range);

/**
 * Returns the cues of a passage for each language.
 * @param {Passage} passage
 */
function cuesOfPassage(passage) {
  return LANGUAGES.map((language) =>
    (passage.cues[language.tag] ?? []).map((number) => language.cues[number - 1]),
  );
}

/**
 * Returns the language that a cue's text is in; a cue may be in another one than its subtitles.
 * @param {Cue} cue
 */
const textLanguage = ({ language, text_language: tag, text_right_to_left: rightToLeft }) =>
  (tag ? { tag, rightToLeft: rightToLeft ?? false } : { tag: language.tag, rightToLeft: language.right_to_left });

const countCues = () => LANGUAGES.reduce((sum, { cues }) => sum + cues.length, 0);
