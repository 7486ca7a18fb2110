// Two drawings: the waveform around the current time with its cues, and the whole film with its flags.

const waveCanvas = find("wave");
const mapCanvas = find("map");
const SPANS_MS = [4000, 8000, 16000, 32000, 64000];
/** Index of the duration that the waveform shows. */
let spanIndex = 1;
const loudestPeak = WAVE ? Math.max(64, percentile(WAVE.peaks, 0.995)) : 255;
/**
 * The drawing of the whole film, which is kept until the width or the colours change.
 * @type {HTMLCanvasElement | null}
 */
let filmDrawing = null;

/**
 * Returns the value that a share of the bytes does not exceed.
 * @param {Uint8Array} bytes
 * @param {number} share 0 to 1
 */
function percentile(bytes, share) {
  const counts = new Uint32Array(256);
  for (const value of bytes) counts[value] += 1;
  let remaining = bytes.length * (1 - share);
  for (let value = 255; value > 0; value -= 1) {
    remaining -= counts[value];
    if (remaining < 0) return value;
  }
  return 0;
}

/**
 * Returns the mean of the peaks between two times, 0 to 1. It is not their maximum, which would be
 * the same in every minute of a long film.
 * @param {number} fromMs
 * @param {number} toMs
 */
function loudness(fromMs, toMs) {
  if (!WAVE) return 0;
  const first = Math.max(0, Math.floor((fromMs - WAVE.startMs) / WAVE.bucketMs));
  const last = Math.min(WAVE.peaks.length, Math.ceil((toMs - WAVE.startMs) / WAVE.bucketMs));
  let sum = 0;
  for (let bucket = first; bucket < last; bucket += 1) sum += WAVE.peaks[bucket];
  return last > first ? Math.min(1, sum / (last - first) / loudestPeak) : 0;
}

/** An element without a place in the page, from which colours and fonts of the style sheet are read. */
const styleProbe = element("i", { hidden: true });
document.body.append(styleProbe);
const COLOUR_NAMES = /** @type {const} */ (["ink", "soft", "line", "accent", "wave", "cue", "rule", "translation", "hearing"]);
const colours = /** @type {Record<(typeof COLOUR_NAMES)[number], string>} */ ({});

function readColours() {
  for (const name of COLOUR_NAMES) {
    styleProbe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(styleProbe).color;
  }
  filmDrawing = null;
}

/** @type {Map<string, string>} */
const fontsByTag = new Map();

/**
 * Returns the fonts that the style sheet has for a language: a canvas does not use the style sheet.
 * @param {string} tag
 */
function fontFamily(tag) {
  let family = fontsByTag.get(tag);
  if (family === undefined) {
    styleProbe.lang = tag;
    family = getComputedStyle(styleProbe).fontFamily;
    styleProbe.lang = "";
    fontsByTag.set(tag, family);
  }
  return family;
}

/**
 * Empties a canvas, gives it the resolution of the screen and returns it for drawing in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @returns {Drawing}
 */
function startDrawing(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** @param {HTMLCanvasElement} canvas */
const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

function drawWave() {
  const drawing = startDrawing(waveCanvas);
  const { context, width, height } = drawing;
  if (!width) return;
  const startMs = waveStartMs();
  const msPerPixel = SPANS_MS[spanIndex] / width;
  const toX = (/** @type {number} */ ms) => (ms - startMs) / msPerPixel;
  drawCues(drawing, startMs, toX);
  if (WAVE) {
    context.fillStyle = colours.wave;
    const middle = (height + 18) / 2;
    for (let column = 0; column < width; column += 1) {
      const ms = startMs + column * msPerPixel;
      const half = Math.max(0.5, (loudness(ms, ms + msPerPixel) * (height - 22)) / 2);
      context.fillRect(column, middle - half, 1, 2 * half);
    }
  }
  drawSeconds(drawing, startMs, toX);
  context.fillStyle = colours.accent;
  context.fillRect(Math.round(toX(currentMs())) - 1, 0, 2, height);
}

/** The current time is at a third of the width: what comes next matters more than what was before. */
const waveStartMs = () => currentMs() - SPANS_MS[spanIndex] / 3;

/**
 * @param {Drawing} drawing
 * @param {number} startMs time at the left edge
 * @param {(ms: number) => number} toX
 */
function drawSeconds({ context, width, height }, startMs, toX) {
  const intervalMs = SPANS_MS[spanIndex] / 4;
  context.font = "10px system-ui, sans-serif";
  context.textBaseline = "bottom";
  for (let ms = Math.ceil(startMs / intervalMs) * intervalMs; toX(ms) < width; ms += intervalMs) {
    if (ms < 0) continue;
    const x = Math.round(toX(ms));
    context.fillStyle = colours.line;
    context.fillRect(x, 20, 1, height);
    context.fillStyle = colours.ink;
    context.textAlign = "left";
    context.direction = "ltr";
    context.fillText(formatTime(ms, intervalMs < 1000 ? 1 : 0), x + 3, height - 1);
  }
}

/**
 * @param {Drawing} drawing
 * @param {number} startMs time at the left edge
 * @param {(ms: number) => number} toX
 */
function drawCues({ context, height }, startMs, toX) {
  const cues = activeCues();
  context.textBaseline = "middle";
  for (let index = Math.max(0, lastStartedIndex(cues, startMs) - 1); index < cues.length; index += 1) {
    const cue = cues[index];
    if (cue.start_ms > startMs + SPANS_MS[spanIndex]) break;
    const isSelected = cue === selectedCue;
    const [left, right] = [toX(cue.start_ms), toX(cue.end_ms)];
    context.globalAlpha = isSelected ? 1 : 0.6;
    context.fillStyle = colours.cue;
    context.fillRect(left, 0, Math.max(1, right - left), height);
    context.globalAlpha = 1;
    context.fillStyle = cue.flags.length ? colours[cue.flags[0].kind] : colours.accent;
    context.fillRect(left, 0, 1.5, height);
    context.fillRect(right - 1.5, 0, 1.5, height);
    context.fillRect(left, 0, Math.max(1, right - left), isSelected ? 3 : 1.5);
    context.save();
    context.beginPath();
    context.rect(left + 4, 0, Math.max(0, right - left - 8), 20);
    context.clip();
    context.fillStyle = colours.ink;
    context.font = `11px ${fontFamily(textLanguage(cue).tag)}`;
    drawCueText(context, cue, left + 5, right - 5);
    context.restore();
  }
}

/**
 * Draws the number at the left; the text begins at the side where its script begins.
 * @param {CanvasRenderingContext2D} context
 * @param {Cue} cue
 * @param {number} left
 * @param {number} right
 */
function drawCueText(context, cue, left, right) {
  const { rightToLeft } = textLanguage(cue);
  const number = String(cue.number);
  context.direction = "ltr";
  context.textAlign = "left";
  context.fillText(number, left, 11);
  const textLeft = left + context.measureText(number).width + 6;
  context.beginPath();
  context.rect(textLeft, 0, Math.max(0, right - textLeft), 20);
  context.clip();
  context.direction = rightToLeft ? "rtl" : "ltr";
  context.textAlign = rightToLeft ? "right" : "left";
  context.fillText(cue.lines.join(" "), rightToLeft ? right : textLeft, 11);
}

const MAP_TOP = 44;
const LANE = 14;
const LANE_NAME = 44; // width of the column of language tags
const mapHeight = () => MAP_TOP + LANE * LANGUAGES.length + 4;

/**
 * Returns the position of a time in the drawing of the whole film.
 * @param {number} ms
 * @param {number} width
 */
const mapX = (ms, width) => LANE_NAME + ((ms - START_MS) / (END_MS - START_MS)) * (width - LANE_NAME);

function drawMap() {
  const { context, width, height } = startDrawing(mapCanvas);
  if (!width) return;
  if (filmDrawing?.width !== mapCanvas.width) filmDrawing = drawFilm(width, height);
  context.drawImage(filmDrawing, 0, 0, width, height);
  context.fillStyle = colours.accent;
  context.fillRect(mapX(currentMs(), width) - 1, 0, 2, height);
  mapCanvas.setAttribute("aria-valuemin", String(Math.floor(START_MS / 1000)));
  mapCanvas.setAttribute("aria-valuemax", String(Math.floor(END_MS / 1000)));
  mapCanvas.setAttribute("aria-valuenow", String(Math.floor(currentMs() / 1000)));
  mapCanvas.setAttribute("aria-valuetext", formatTime(currentMs(), 0));
}

/**
 * Draws the whole film: the waveform, and a lane of flags for each language.
 * @param {number} width
 * @param {number} height
 */
function drawFilm(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = mapCanvas.width;
  canvas.height = mapCanvas.height;
  const context = contextOf(canvas);
  context.scale(mapCanvas.width / width, mapCanvas.height / height);
  if (WAVE) {
    const msPerPixel = (END_MS - START_MS) / (width - LANE_NAME);
    context.fillStyle = colours.wave;
    for (let column = LANE_NAME; column < width; column += 1) {
      const ms = START_MS + (column - LANE_NAME) * msPerPixel;
      const half = Math.max(0.5, (loudness(ms, ms + msPerPixel) * (MAP_TOP - 6)) / 2);
      context.fillRect(column, MAP_TOP / 2 - half, 1, 2 * half);
    }
  }
  LANGUAGES.forEach((language, lane) => {
    const top = MAP_TOP + lane * LANE;
    context.fillStyle = colours.line;
    context.fillRect(0, top + LANE - 1, width, 1);
    context.fillStyle = colours.soft;
    context.font = "10px system-ui, sans-serif";
    context.fillText(language.tag, 6, top + LANE - 4, LANE_NAME - 8);
    for (const cue of language.cues) {
      if (!cue.flags.length) continue;
      context.fillStyle = colours[cue.flags[0].kind];
      const barHeight = Math.min(LANE - 2, 3 + cue.points);
      context.fillRect(mapX(cue.start_ms, width) - 0.75, top + LANE - 1 - barHeight, 2, barHeight);
    }
  });
  return canvas;
}

/**
 * Returns the flagged cue nearest to a point of the drawing of the whole film, if one is near.
 * @param {number} x
 * @param {number} y
 */
function findFlaggedCue(x, y) {
  const language = LANGUAGES[Math.floor((y - MAP_TOP) / LANE)];
  if (y < MAP_TOP || !language) return undefined;
  const width = mapCanvas.clientWidth;
  /** @type {Cue | undefined} */
  let nearest;
  let nearestDistance = 5;
  for (const cue of language.cues) {
    const distance = Math.abs(mapX(cue.start_ms, width) - x);
    if (cue.flags.length && distance < nearestDistance) {
      nearest = cue;
      nearestDistance = distance;
    }
  }
  return nearest;
}

function setUpDrawings() {
  const waveTime = (/** @type {number} */ x) => waveStartMs() + (x / waveCanvas.clientWidth) * SPANS_MS[spanIndex];
  const mapTime = (/** @type {number} */ x) =>
    START_MS + ((x - LANE_NAME) / (mapCanvas.clientWidth - LANE_NAME)) * (END_MS - START_MS);
  waveCanvas.addEventListener("click", ({ offsetX }) => {
    const ms = waveTime(offsetX);
    const cue = cueAt(activeCues(), ms);
    if (cue) selectCue(cue, ms);
    else seek(ms);
  });
  waveCanvas.addEventListener("wheel", (event) => {
    if (Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return; // the window scrolls
    event.preventDefault();
    seek(currentMs() + (event.deltaX / waveCanvas.clientWidth) * SPANS_MS[spanIndex]);
  }, { passive: false });
  mapCanvas.addEventListener("pointerdown", (event) => {
    const cue = findFlaggedCue(event.offsetX, event.offsetY);
    if (cue) {
      selectCue(cue);
      return;
    }
    mapCanvas.setPointerCapture(event.pointerId);
    seek(mapTime(event.offsetX));
  });
  mapCanvas.addEventListener("pointermove", (event) => {
    if (mapCanvas.hasPointerCapture(event.pointerId)) {
      seek(mapTime(event.offsetX));
      return;
    }
    const cue = findFlaggedCue(event.offsetX, event.offsetY);
    mapCanvas.title = cue ? `${cue.language.name} ${cue.number}: ${cue.flags.map((flag) => flag.detail).join("; ")}` : "";
  });
  const redraw = () => {
    readColours();
    mapCanvas.style.height = `${mapHeight()}px`;
    drawWave();
    drawMap();
  };
  new ResizeObserver(redraw).observe(mapCanvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  redraw();
}

/** @param {number} steps less than 0 shows a shorter part of the film */
function zoom(steps) {
  spanIndex = Math.min(SPANS_MS.length - 1, Math.max(0, spanIndex + steps));
  drawWave();
}
