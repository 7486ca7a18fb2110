// The film and its clock. Times are in ms on the film's own clock, as in the subtitle files.

const video = find("film");
let playable = DATA.sources.length > 0;
let clockKnown = false;
let offsetMs = 0; // what the browser's clock lacks of the film's own
let restingMs = START_MS; // the clock where no film plays
let wantedTag = null;
const tracks = new Map();

const isPlaying = () => playable && !video.paused && !video.ended;

function nowMs() {
  return playable && clockKnown ? Math.round(video.currentTime * 1000) + offsetMs : restingMs;
}

function seek(ms) {
  restingMs = Math.min(Math.max(ms, START_MS), END_MS);
  if (playable && clockKnown) video.currentTime = Math.max(0, restingMs - offsetMs) / 1000;
  moved();
}

function playOrPause() {
  if (!playable) return;
  if (video.paused) video.play().catch(() => {}); // refused or interrupted: it stays paused
  else video.pause();
}

/**
 * Show a language's cues in the film, or none. Tracks are made when they are first asked for, and
 * not before the film's clock is known.
 */
function showTrack(tag) {
  wantedTag = tag;
  if (!clockKnown) return;
  if (tag && !tracks.has(tag)) tracks.set(tag, makeTrack(BY_TAG.get(tag)));
  for (const [other, track] of tracks) track.mode = other === tag ? "showing" : "disabled";
}

function makeTrack(language) {
  const track = video.addTextTrack("subtitles", language.name, language.tag);
  // Firefox hangs while cues are added one by one to a track that is not disabled.
  track.mode = "disabled";
  for (const cue of language.cues) {
    const [start, end] = [cue.start_ms, cue.end_ms].map((ms) => Math.max(0, ms - offsetMs) / 1000);
    track.addCue(new VTTCue(start, end, vttText(cue)));
  }
  return track;
}

/** WebVTT takes markup; subtitles are text. */
function vttText(cue) {
  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return cue.lines.join("\n").replace(/[&<>]/g, (sign) => escapes[sign]);
}

/** Some browsers start a film's clock at 0 whatever its container says: the first frame tells. */
function findClock() {
  const startMs = DATA.film_start_ms;
  offsetMs = video.currentTime * 1000 < startMs / 2 ? startMs : 0;
  clockKnown = true;
  showTrack(wantedTag);
  seek(restingMs); // also to the start: only then are the first cues shown
}

function openFilm() {
  for (const source of DATA.sources) {
    const made = element("source", { src: source });
    made.addEventListener("error", () => {
      if (made === video.lastElementChild) noFilm();
    });
    video.append(made);
  }
  if (!playable) noFilm();
  video.addEventListener("loadedmetadata", () => {
    if (!video.videoWidth) noPicture();
  });
  // Until its first frame is there, Chromium says 0 of a film that starts later.
  const tells = DATA.film_start_ms ? "loadeddata" : "loadedmetadata";
  video.addEventListener(tells, findClock, { once: true });
  for (const event of ["timeupdate", "seeked", "pause"]) video.addEventListener(event, moved);
  video.addEventListener("play", () => requestAnimationFrame(follow));
  video.textTracks.addEventListener("addtrack", ({ track }) => {
    // The film's own tracks would be shown over ours. The event comes when ours are in the map.
    if (![...tracks.values()].includes(track)) track.mode = "disabled";
  });
}

function follow() {
  if (!isPlaying()) return;
  moved();
  requestAnimationFrame(follow);
}

function noFilm() {
  playable = false;
  video.hidden = true;
  const told = REPORT.film
    ? `This browser cannot play ${REPORT.film}, neither beside this page nor where it came from. ` +
      "All else works. To see the film, lay it beside this page as MP4 with H.264."
    : "There is no film to this text. All else works.";
  find("note").textContent = told;
  find("note").hidden = false;
  document.body.classList.add("no-film");
  document.querySelector('[data-do="play"]').disabled = true;
  moved();
}

function noPicture() {
  find("note").textContent = "This browser plays the film's sound, but cannot show its picture.";
  find("note").hidden = false;
}
