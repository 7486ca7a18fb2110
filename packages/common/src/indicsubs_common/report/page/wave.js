// Two drawings: the moment with its cues, and the whole film with its flags.

const wave = find("wave");
const map = find("map");
const SPANS_MS = [4000, 8000, 16000, 32000, 64000];
let span = 1;
const loudest = WAVE ? Math.max(64, percentile(WAVE.peaks, 0.995)) : 255;
let overview = null; // the whole film is drawn once for each width and colour

function percentile(values, share) {
  const counts = new Uint32Array(256);
  for (const value of values) counts[value] += 1;
  let left = values.length * (1 - share);
  for (let value = 255; value > 0; value -= 1) {
    left -= counts[value];
    if (left < 0) return value;
  }
  return 0;
}

/** Mean of the peaks between two times, 0 to 1; the highest of an hour would tell nothing. */
function loudness(fromMs, toMs) {
  const first = Math.max(0, Math.floor((fromMs - WAVE.startMs) / WAVE.bucketMs));
  const last = Math.min(WAVE.peaks.length, Math.ceil((toMs - WAVE.startMs) / WAVE.bucketMs));
  let sum = 0;
  for (let bucket = first; bucket < last; bucket += 1) sum += WAVE.peaks[bucket];
  return last > first ? Math.min(1, sum / (last - first) / loudest) : 0;
}

/** Colours come from the style sheet: a property is resolved by an element that has it. */
const probe = element("i", { hidden: true });
document.body.append(probe);
const colours = {};
const COLOUR_NAMES = ["ink", "soft", "line", "accent", "wave", "cue", "rule", "translation", "hearing", "panel"];

function readColours() {
  for (const name of COLOUR_NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  overview = null;
}

const fonts = new Map();

/** The fonts that the style sheet gives a language; a canvas does not look there itself. */
function fontOf(tag) {
  if (!fonts.has(tag)) {
    probe.lang = tag;
    fonts.set(tag, getComputedStyle(probe).fontFamily);
    probe.lang = "";
  }
  return fonts.get(tag);
}

/** A canvas of as many pixels as the screen has, drawn on in CSS pixels. */
function surface(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

function drawWave() {
  const { pen, width, height } = surface(wave);
  if (!width) return;
  const from = waveFrom();
  const perPixel = SPANS_MS[span] / width;
  const x = (ms) => (ms - from) / perPixel;
  drawCues(pen, height, from, x);
  if (WAVE) {
    pen.fillStyle = colours.wave;
    const middle = (height + 18) / 2;
    for (let column = 0; column < width; column += 1) {
      const ms = from + column * perPixel;
      const half = Math.max(0.5, (loudness(ms, ms + perPixel) * (height - 22)) / 2);
      pen.fillRect(column, middle - half, 1, 2 * half);
    }
  }
  drawSeconds(pen, width, height, from, x);
  pen.fillStyle = colours.accent;
  pen.fillRect(Math.round(x(nowMs())) - 1, 0, 2, height);
}

/** The clock stands at a third: what comes matters more than what was. */
const waveFrom = () => nowMs() - SPANS_MS[span] / 3;

function drawSeconds(pen, width, height, from, x) {
  const step = SPANS_MS[span] / 4;
  pen.font = "10px system-ui, sans-serif";
  pen.textBaseline = "bottom";
  for (let ms = Math.ceil(from / step) * step; x(ms) < width; ms += step) {
    if (ms < 0) continue;
    pen.fillStyle = colours.line;
    pen.fillRect(Math.round(x(ms)), 20, 1, height);
    pen.fillStyle = colours.ink;
    pen.textAlign = "left";
    pen.direction = "ltr";
    pen.fillText(timeText(ms, step < 1000 ? 1 : 0), Math.round(x(ms)) + 3, height - 1);
  }
}

function drawCues(pen, height, from, x) {
  const { cues } = shownLanguage();
  const chosen = selectedCue();
  pen.textBaseline = "middle";
  for (let index = Math.max(0, lastStarted(cues, from) - 1); index < cues.length; index += 1) {
    const cue = cues[index];
    if (cue.start_ms > from + SPANS_MS[span]) break;
    const [left, right] = [x(cue.start_ms), x(cue.end_ms)];
    pen.globalAlpha = cue === chosen ? 1 : 0.6;
    pen.fillStyle = colours.cue;
    pen.fillRect(left, 0, Math.max(1, right - left), height);
    pen.globalAlpha = 1;
    pen.fillStyle = cue.flags.length ? colours[cue.flags[0].kind] : colours.accent;
    pen.fillRect(left, 0, 1.5, height);
    pen.fillRect(right - 1.5, 0, 1.5, height);
    pen.fillRect(left, 0, Math.max(1, right - left), cue === chosen ? 3 : 1.5);
    pen.save();
    pen.beginPath();
    pen.rect(left + 4, 0, Math.max(0, right - left - 8), 20);
    pen.clip();
    pen.fillStyle = colours.ink;
    pen.font = `11px ${fontOf(cue.language.tag)}`;
    drawText(pen, cue, left + 5, right - 5);
    pen.restore();
  }
}

/** The number at the left; the text begins at its own side. */
function drawText(pen, cue, left, right) {
  const rightToLeft = cue.language.right_to_left;
  pen.direction = "ltr";
  pen.textAlign = "left";
  pen.fillText(cue.number, left, 11);
  const start = left + pen.measureText(cue.number).width + 6;
  pen.beginPath();
  pen.rect(start, 0, Math.max(0, right - start), 20);
  pen.clip();
  pen.direction = rightToLeft ? "rtl" : "ltr";
  pen.textAlign = rightToLeft ? "right" : "left";
  pen.fillText(cue.lines.join(" "), rightToLeft ? right : start, 11);
}

const MAP_TOP = 44;
const LANE = 14;
const LANE_NAME = 44; // room at the left for the languages' tags
const mapHeight = () => MAP_TOP + LANE * LANGUAGES.length + 4;
const mapX = (ms, width) => LANE_NAME + ((ms - START_MS) / (END_MS - START_MS)) * (width - LANE_NAME);

function drawMap() {
  const { pen, width, height } = surface(map);
  if (!width) return;
  if (overview?.width !== map.width) overview = drawOverview(width, height);
  pen.drawImage(overview, 0, 0, width, height);
  pen.fillStyle = colours.accent;
  pen.fillRect(mapX(nowMs(), width) - 1, 0, 2, height);
  map.setAttribute("aria-valuemin", Math.floor(START_MS / 1000));
  map.setAttribute("aria-valuemax", Math.floor(END_MS / 1000));
  map.setAttribute("aria-valuenow", Math.floor(nowMs() / 1000));
  map.setAttribute("aria-valuetext", timeText(nowMs(), 0));
}

function drawOverview(width, height) {
  const sheet = document.createElement("canvas");
  sheet.width = map.width;
  sheet.height = map.height;
  const pen = sheet.getContext("2d");
  pen.scale(map.width / width, map.height / height);
  const perPixel = (END_MS - START_MS) / (width - LANE_NAME);
  pen.fillStyle = colours.wave;
  for (let column = LANE_NAME; column < width && WAVE; column += 1) {
    const ms = START_MS + (column - LANE_NAME) * perPixel;
    const half = Math.max(0.5, (loudness(ms, ms + perPixel) * (MAP_TOP - 6)) / 2);
    pen.fillRect(column, MAP_TOP / 2 - half, 1, 2 * half);
  }
  LANGUAGES.forEach((language, lane) => {
    const top = MAP_TOP + lane * LANE;
    pen.fillStyle = colours.line;
    pen.fillRect(0, top + LANE - 1, width, 1);
    pen.fillStyle = colours.soft;
    pen.font = "10px system-ui, sans-serif";
    pen.fillText(language.tag, 6, top + LANE - 4, LANE_NAME - 8);
    for (const cue of language.cues) {
      if (!cue.flags.length) continue;
      pen.fillStyle = colours[cue.flags[0].kind];
      const tall = Math.min(LANE - 2, 3 + cue.points);
      pen.fillRect(mapX(cue.start_ms, width) - 0.75, top + LANE - 1 - tall, 2, tall);
    }
  });
  return sheet;
}

/** The flagged cue under a point of the map, if one is near. */
function flaggedNear(x, y) {
  const language = LANGUAGES[Math.floor((y - MAP_TOP) / LANE)];
  if (y < MAP_TOP || !language) return undefined;
  const width = map.clientWidth;
  let best;
  for (const cue of language.cues) {
    const away = Math.abs(mapX(cue.start_ms, width) - x);
    if (cue.flags.length && away < 5 && away < (best?.away ?? 5)) best = { cue, away };
  }
  return best?.cue;
}

function listenToDrawings() {
  const waveTime = (x) => waveFrom() + (x / wave.clientWidth) * SPANS_MS[span];
  const mapTime = (x) => START_MS + ((x - LANE_NAME) / (map.clientWidth - LANE_NAME)) * (END_MS - START_MS);
  wave.addEventListener("click", ({ offsetX }) => {
    const ms = waveTime(offsetX);
    const cue = cueAt(shownLanguage(), ms);
    if (cue) select(cue, { at: ms });
    else seek(ms);
  });
  wave.addEventListener("wheel", (event) => {
    if (Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return; // the window scrolls
    event.preventDefault();
    seek(nowMs() + (event.deltaX / wave.clientWidth) * SPANS_MS[span]);
  }, { passive: false });
  map.addEventListener("pointerdown", (event) => {
    const cue = flaggedNear(event.offsetX, event.offsetY);
    if (cue) return select(cue);
    map.setPointerCapture(event.pointerId);
    return seek(mapTime(event.offsetX));
  });
  map.addEventListener("pointermove", (event) => {
    if (map.hasPointerCapture(event.pointerId)) return seek(mapTime(event.offsetX));
    const cue = flaggedNear(event.offsetX, event.offsetY);
    map.title = cue ? `${cue.language.name} ${cue.number}: ${cue.flags.map((one) => one.detail).join("; ")}` : "";
    return undefined;
  });
  const redraw = () => {
    readColours();
    map.style.height = `${mapHeight()}px`;
    drawWave();
    drawMap();
  };
  new ResizeObserver(redraw).observe(map);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  redraw();
}

function zoom(steps) {
  span = Math.min(SPANS_MS.length - 1, Math.max(0, span + steps));
  drawWave();
}
