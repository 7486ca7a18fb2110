// The film and its clock. Times are in ms on the film's own clock, as in the subtitle files.

const video = find("film");
let playable = DATA.sources.length > 0;
let offsetMs = 0; // what the browser's clock lacks of the film's own
let restingMs = START_MS; // the clock where no film plays
const tracks = new Map();

const isPlaying = () => playable && !video.paused && !video.ended;

function nowMs() {
  return playable && video.readyState > 0 ? Math.round(video.currentTime * 1000) + offsetMs : restingMs;
}

function seek(ms) {
  restingMs = Math.min(Math.max(ms, START_MS), END_MS);
  if (playable && video.readyState > 0) video.currentTime = Math.max(0, restingMs - offsetMs) / 1000;
  moved();
}

function playOrPause() {
  if (!playable) return;
  if (video.paused) video.play().catch(() => {}); // refused or interrupted: it stays paused
  else video.pause();
}

/** Show a language's cues in the film, or none. Tracks are made when they are first asked for. */
function showTrack(tag) {
  if (tag && !tracks.has(tag)) tracks.set(tag, makeTrack(BY_TAG.get(tag)));
  for (const [other, { track }] of tracks) track.mode = other === tag ? "showing" : "disabled";
}

function makeTrack(language) {
  const track = video.addTextTrack("subtitles", language.name, language.tag);
  const cues = language.cues.map((cue) => [cue, new VTTCue(0, 0, vttText(cue))]);
  track.mode = "hidden";
  for (const [, shown] of cues) track.addCue(shown);
  const made = { track, cues };
  setTimes(made);
  return made;
}

function setTimes({ cues }) {
  for (const [cue, shown] of cues) {
    shown.endTime = Math.max(0, cue.end_ms - offsetMs) / 1000;
    shown.startTime = Math.max(0, cue.start_ms - offsetMs) / 1000;
  }
}

/** WebVTT takes markup; subtitles are text. */
function vttText(cue) {
  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return cue.lines.join("\n").replace(/[&<>]/g, (sign) => escapes[sign]);
}

/** Some browsers start a film's clock at 0 whatever its container says: the first frame tells. */
function findOffset() {
  const startMs = DATA.film_start_ms;
  offsetMs = video.currentTime * 1000 < startMs / 2 ? startMs : 0;
  for (const made of tracks.values()) setTimes(made);
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
    findOffset();
    if (!video.videoWidth) noPicture();
    seek(restingMs); // also to the start: only then are the first cues shown
  });
  for (const event of ["timeupdate", "seeked", "pause"]) video.addEventListener(event, moved);
  video.addEventListener("play", () => requestAnimationFrame(follow));
  video.textTracks.addEventListener("addtrack", ({ track }) => {
    // Tracks in the film itself would be shown over ours.
    if (![...tracks.values()].some((ours) => ours.track === track)) {
      queueMicrotask(() => {
        if (![...tracks.values()].some((ours) => ours.track === track)) track.mode = "disabled";
      });
    }
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
