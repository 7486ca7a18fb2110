/** The queue, live: server-sent events change the list. */

import { ask, byId, element, setText, tell } from "/common.js";

/** The sections by the state of their jobs; the skipped ones are shown with those that are done. */
const SECTIONS = { running: "running", waiting: "waiting", paused: "waiting", failed: "failed", done: "done", skipped: "done" };
const STAGES = {
  demux: "reading the sound",
  asr: "recognising speech",
  witness: "hearing it a second time",
  alignment: "timing the words",
  export_transcript: "writing the transcript",
  load_transcript: "reading the transcript",
  indictrans2_translation: "translating",
  subtitle_generation: "making subtitles",
  mux: "writing the film",
};

const jobs = new Map();
const items = new Map();
let order = [];
let counts = {};
let secondsLeft = null;
let source = null;

function itemOf(job) {
  if (!items.has(job.id)) {
    items.set(job.id, byId("job").content.firstElementChild.cloneNode(true));
  }
  const item = items.get(job.id);
  const shown = JSON.stringify(job);
  if (item.dataset.shown !== shown) {
    item.dataset.shown = shown;
    fill(item, job);
  }
  return item;
}

function fill(item, job) {
  setText(item.querySelector("h3"), job.name);
  const marks = [job.wanted];
  if (job.state === "paused") marks.push("paused");
  if (job.state === "skipped") marks.push("skipped");
  if (job.uploaded) marks.push("uploaded");
  if (job.priority && ["waiting", "paused"].includes(job.state)) marks.push(`priority ${job.priority}`);
  setText(item.querySelector(".wanted"), marks.join(" · "));
  item.querySelector("h3").title = job.path;
  showProgress(item, job);
  const files = job.files.filter((name) => !/^report\.(csv|json)$/.test(name));
  // A job that is done needs no list of its files in words.
  setText(item.querySelector(".message"), files.length ? "" : job.message || "");
  item.querySelector(".files").replaceChildren(...files.map((name) => fileItem(job, name)));
  showActions(item.querySelector(".actions"), job);
}

function showProgress(item, job) {
  const bar = item.querySelector(".bar");
  bar.hidden = job.state !== "running";
  if (bar.hidden) return;
  const meter = bar.querySelector("progress");
  meter.setAttribute("aria-label", `Progress of ${job.name}`);
  const progress = job.progress;
  if (progress && progress.total) meter.value = progress.done / progress.total;
  else meter.removeAttribute("value");
  const stage = progress ? STAGES[progress.stage] || progress.stage : "in work";
  setText(bar.querySelector(".stage"), progress && progress.text ? `${stage}: ${progress.text}` : stage);
}

function fileItem(job, name) {
  const item = document.createElement("li");
  const link = element("a", name === "report.html" ? "Report" : name, {
    href: `/jobs/${job.id}/files/${encodeURIComponent(name)}`,
  });
  if (name === "report.html") link.target = "_blank";
  else link.download = name;
  item.append(link);
  return item;
}

function actionsOf(job) {
  const more = { body: { priority: Math.min(1000, job.priority + 10) }, path: "priority" };
  switch (job.state) {
    case "waiting":
      return { "Do earlier": more, Pause: { path: "pause", body: { paused: true } }, Remove: { method: "DELETE" } };
    case "paused":
      return { Resume: { path: "pause", body: { paused: false } }, Remove: { method: "DELETE" } };
    case "failed":
      return { Retry: { path: "retry" }, Remove: { method: "DELETE" } };
    case "done":
    case "skipped":
      return { Remove: { method: "DELETE" } };
    default:
      return {};
  }
}

function showActions(place, job) {
  const wanted = actionsOf(job);
  const names = Object.keys(wanted);
  const there = [...place.children].map((button) => button.textContent);
  if (names.join() !== there.join()) {
    place.replaceChildren(...names.map((name) => element("button", name, { type: "button" })));
  }
  for (const button of place.children) {
    button.setAttribute("aria-label", `${button.textContent}: ${job.name}`);
    button.onclick = () => act(job, wanted[button.textContent], button);
  }
}

async function act(job, action, button) {
  button.disabled = true;
  const path = `/jobs/${job.id}${action.path ? `/${action.path}` : ""}`;
  const answer = await ask(path, {
    method: action.method || "POST",
    body: action.body ? JSON.stringify(action.body) : undefined,
  });
  button.disabled = false;
  if (answer.problem) tell(answer.problem);
}

function show() {
  for (const section of document.querySelectorAll("section")) {
    const state = section.dataset.state;
    const here = order.map((id) => jobs.get(id)).filter((job) => job && SECTIONS[job.state] === state);
    const list = section.querySelector("ul");
    const wanted = here.map(itemOf);
    wanted.forEach((item, index) => {
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] || null);
    });
    while (list.children.length > wanted.length) list.lastElementChild.remove();
    const all = Object.keys(SECTIONS)
      .filter((name) => SECTIONS[name] === state)
      .reduce((sum, name) => sum + (counts[name] || 0), 0);
    section.hidden = !here.length;
    setText(section.querySelector(".count"), all > here.length ? `${here.length} of ${all}` : String(all));
  }
  byId("empty").hidden = order.length > 0;
  const waiting = counts.waiting || 0;
  const time = waiting && secondsLeft !== null ? `, ${duration(secondsLeft)} left` : "";
  setText(byId("summary"), `${counts.running || 0} in work, ${waiting} waiting${time}`);
}

function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "less than a minute";
  const hours = Math.floor(minutes / 60);
  return hours ? `about ${hours} h ${minutes % 60} min` : `about ${minutes} min`;
}

/** Listens while the page is seen: a browser has few connections to one server for all its tabs. */
function listen() {
  if (document.hidden || source) return;
  source = new EventSource("/events");
  source.addEventListener("open", () => { byId("connection").hidden = true; });
  source.addEventListener("error", async () => {
    byId("connection").hidden = false;
    if (!source || source.readyState !== EventSource.CLOSED) return;
    source = null;
    const answer = await fetch("/options").catch(() => null);
    if (answer && answer.status === 401) window.location.reload();
    else setTimeout(listen, 3000);
  });
  source.addEventListener("queue", (event) => {
    const state = JSON.parse(event.data);
    jobs.clear();
    for (const job of state.jobs) jobs.set(job.id, job);
    order = state.jobs.map((job) => job.id);
    for (const id of items.keys()) if (!jobs.has(id)) items.delete(id);
    counts = state.counts;
    secondsLeft = state.seconds_left;
    show();
  });
  source.addEventListener("job", (event) => {
    const job = JSON.parse(event.data);
    const before = jobs.get(job.id);
    jobs.set(job.id, job);
    if (!order.includes(job.id)) order.push(job.id);
    if (before && before.state !== job.state) tell(`${job.name}: ${job.state}`);
    show();
  });
  source.addEventListener("gone", (event) => {
    const { id } = JSON.parse(event.data);
    jobs.delete(id);
    items.delete(id);
    order = order.filter((each) => each !== id);
    show();
  });
  source.addEventListener("counts", (event) => {
    const state = JSON.parse(event.data);
    counts = state.counts;
    secondsLeft = state.seconds_left;
    order = state.order;
    show();
  });
}

function stopListening() {
  if (source) source.close();
  source = null;
}

document.addEventListener("visibilitychange", () => (document.hidden ? stopListening() : listen()));
window.addEventListener("pagehide", stopListening);
window.addEventListener("pageshow", listen);
listen();
