// The film and its clock. Times are milliseconds on the film's own clock, as in the subtitle files.

const video = find("film");
let isPlayable = DATA.sources.length > 0;
let isClockKnown = false;
/** Milliseconds to add to the browser's time to get the film's time. */
let clockOffsetMs = 0;
/** The time that was last asked for: the current time while no film is ready. */
let requestedMs = START_MS;
/** @type {string | null} */
let requestedTag = null;
/** @type {Map<string, TextTrack>} */
const tracksByTag = new Map();

const isPlaying = () => isPlayable && !video.paused && !video.ended;

function currentMs() {
  return isPlayable && isClockKnown ? Math.round(video.currentTime * 1000) + clockOffsetMs : requestedMs;
}

/** @param {number} ms */
function seek(ms) {
  requestedMs = Math.min(Math.max(ms, START_MS), END_MS);
  if (isPlayable && isClockKnown) video.currentTime = Math.max(0, requestedMs - clockOffsetMs) / 1000;
  updateTime();
}

function togglePlay() {
  if (!isPlayable) return;
  if (video.paused) video.play().catch(() => {}); // refused or interrupted: the film stays paused
  else video.pause();
}

/**
 * Shows the cues of a language in the film; null shows none. A track is created when it is first
 * needed, but not before the film's clock is known.
 * @param {string | null} tag
 */
function showTrack(tag) {
  requestedTag = tag;
  if (!isClockKnown) return;
  const language = tag && LANGUAGES_BY_TAG.get(tag);
  if (language && !tracksByTag.has(language.tag)) tracksByTag.set(language.tag, createTrack(language));
  for (const [other, track] of tracksByTag) track.mode = other === tag ? "showing" : "disabled";
}

/** @param {Language} language */
function createTrack(language) {
  const track = video.addTextTrack("subtitles", language.name, language.tag);
  // Firefox hangs if cues are added one by one to a track that is not disabled.
  track.mode = "disabled";
  for (const cue of language.cues) {
    const [startSeconds, endSeconds] = [cue.start_ms, cue.end_ms].map((ms) => Math.max(0, ms - clockOffsetMs) / 1000);
    track.addCue(new VTTCue(startSeconds, endSeconds, toWebVtt(cue)));
  }
  return track;
}

/** @type {Record<string, string>} */
const WEBVTT_ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/**
 * Returns the text of a cue in WebVTT, where some characters are markup.
 * @param {Cue} cue
 */
function toWebVtt(cue) {
  return cue.lines.join("\n").replace(/[&<>]/g, (character) => WEBVTT_ESCAPES[character]);
}

/**
 * Finds out where the browser's clock starts, from its time at the first frame: the film's clock
 * starts at 0, but some browsers show the container's.
 */
function detectClock() {
  const startMs = DATA.film_start_ms;
  clockOffsetMs = startMs > 0 && video.currentTime * 1000 >= startMs / 2 ? -startMs : 0;
  isClockKnown = true;
  showTrack(requestedTag);
  seek(requestedMs); // even if that is the start: before a seek the first cues are not shown
}

function openFilm() {
  for (const url of DATA.sources) {
    const source = element("source", { src: url });
    source.addEventListener("error", () => {
      if (source === video.lastElementChild) showNoFilm();
    });
    video.append(source);
  }
  if (!isPlayable) showNoFilm();
  video.addEventListener("loadedmetadata", () => {
    if (!video.videoWidth) showNote("This browser plays the film's sound, but cannot show its picture.");
  });
  // Until it has the first frame, Chromium reports time 0 for a film that starts later.
  const clockEvent = DATA.film_start_ms ? "loadeddata" : "loadedmetadata";
  video.addEventListener(clockEvent, detectClock, { once: true });
  for (const event of ["timeupdate", "seeked", "pause"]) video.addEventListener(event, updateTime);
  video.addEventListener("play", () => requestAnimationFrame(updateWhilePlaying));
  video.textTracks.addEventListener("addtrack", ({ track }) => {
    // The film's own tracks would cover ours. Ours are in the map before this event comes.
    if (track && ![...tracksByTag.values()].includes(track)) track.mode = "disabled";
  });
}

function updateWhilePlaying() {
  if (!isPlaying()) return;
  updateTime();
  requestAnimationFrame(updateWhilePlaying);
}

function showNoFilm() {
  isPlayable = false;
  video.hidden = true;
  showNote(
    REPORT.film
      ? `This browser cannot play ${REPORT.film}, neither beside this page nor from its original place. ` +
        "Everything else works. To see the film, put it beside this page as MP4 with H.264."
      : "This text has no film. Everything else works.",
  );
  document.body.classList.add("no-film");
  find("play").disabled = true;
  updateTime();
}

/** @param {string} text */
function showNote(text) {
  find("note").textContent = text;
  find("note").hidden = false;
}
