// The report as the page needs it: looked up by language, number, time and flag.

const DATA = JSON.parse(find("data").textContent);
const REPORT = DATA.report;
const LANGUAGES = REPORT.languages;
const BY_TAG = new Map(LANGUAGES.map((language) => [language.tag, language]));

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
    for (const number of numbers) BY_TAG.get(tag).cues[number - 1].passage = index;
  }
});

const SUSPECTS = REPORT.suspects.map(({ language, number }) => cueOf(language, number));

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

const timeText = (ms, digits) => clockText(ms, WITH_HOURS, digits);

/** The cue of a language by its number; undefined where there is none. */
function cueOf(tag, number) {
  return BY_TAG.get(tag)?.cues[number - 1];
}

/** The cue that `#cue=hi-123` names; tags may have dashes themselves. */
function cueOfId(id) {
  const dash = id.lastIndexOf("-");
  return cueOf(id.slice(0, dash), Number(id.slice(dash + 1)));
}

/** Index of the last cue that starts at or before a time; -1 before the first. */
function lastStarted(cues, ms) {
  let low = 0;
  let high = cues.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cues[middle].start_ms <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The cue of a language that is on screen at a time. */
function cueAt(language, ms) {
  const cue = language.cues[lastStarted(language.cues, ms)];
  return cue && ms < cue.end_ms ? cue : undefined;
}

/** Flags that occur, as [key, number of cues], most frequent first. */
function flagCounts() {
  const counts = new Map();
  for (const cue of SUSPECTS) {
    for (const key of new Set(cue.flags.map(ruleKey))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1]);
}

/** What the lists show; `range` comes from a bar of a histogram. */
const filter = { text: "", flag: "", range: null };

function passes(cue) {
  const { text, flag, range } = filter;
  if (range) {
    const value = cue[range.field];
    if (cue.language.tag !== range.tag || value < range.from || value >= range.to) return false;
  }
  if (flag === "any" && !cue.flags.length) return false;
  if (flag && flag !== "any" && !cue.flags.some((one) => ruleKey(one) === flag)) return false;
  return !text || searched(cue).includes(text);
}

function searched(cue) {
  cue.searched ??= cue.lines.join(" ").normalize("NFC").toLowerCase();
  return cue.searched;
}

const isFiltered = () => Boolean(filter.text || filter.flag || filter.range);

/** Cues of a passage, language by language. */
function cuesOfPassage(passage) {
  return LANGUAGES.map((language) =>
    (passage.cues[language.tag] ?? []).map((number) => language.cues[number - 1]),
  );
}
