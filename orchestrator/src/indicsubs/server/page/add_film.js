/** The form that adds films of the library, or uploads one. */

import { ask, byId, element, setText, tell } from "/common.js";

let chosen = null;

function showProblem(text) {
  setText(byId("problem"), text);
  byId("problem").hidden = !text;
}

async function showFolder(path) {
  const { value, problem } = await ask(`/library?path=${encodeURIComponent(path)}`);
  showProblem(problem || "");
  if (!value) return;
  const inside = (name) => (value.path ? `${value.path}/${name}` : name);
  const buttons = value.folders.map((name) => {
    const button = element("button", `${name}/`, { type: "button" });
    button.onclick = () => showFolder(inside(name));
    return button;
  });
  for (const name of value.films) {
    const button = element("button", name, { type: "button", "aria-pressed": "false" });
    button.onclick = () => choose(inside(name), button);
    buttons.push(button);
  }
  byId("entries").replaceChildren(...buttons.map((button) => {
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
  const home = element("button", "Libraries", { type: "button" });
  home.onclick = () => showFolder("");
  const parts = [home];
  if (value.path) {
    const whole = element("button", `All films in ${value.path.split("/").pop()}`, { type: "button", "aria-pressed": "false" });
    whole.onclick = () => choose(value.path, whole);
    parts.push(whole);
  }
  byId("folders").replaceChildren(...parts);
}

function choose(path, button) {
  chosen = path;
  for (const other of byId("library").querySelectorAll("[aria-pressed]")) {
    other.setAttribute("aria-pressed", String(other === button));
  }
  setText(byId("chosen"), `Chosen: ${path}`);
  byId("file").value = "";
}

function wanted() {
  const target = [...byId("targets").querySelectorAll(":checked")].map((box) => box.value);
  return { source: byId("source").value, target, profile: byId("profile").value, priority: Number(byId("priority").value) || 0 };
}

/** Reads an answer of the server; there is none where the connection was cut off. */
function read(request) {
  try {
    const value = JSON.parse(request.responseText);
    return request.status === 201 ? { value } : { problem: value.error.message };
  } catch {
    return { problem: "The upload was cut off. Try again." };
  }
}

function upload(file) {
  const form = new FormData();
  const options = wanted();
  form.append("source", options.source);
  form.append("profile", options.profile);
  form.append("priority", String(options.priority));
  for (const tag of options.target) form.append("target", tag);
  if (!options.target.length) form.append("target", "");
  form.append("file", file);
  const meter = byId("upload");
  meter.hidden = false;
  return new Promise((resolve) => {
    // fetch does not tell how much is sent.
    const request = new XMLHttpRequest();
    request.upload.onprogress = (event) => { meter.value = event.loaded / event.total; };
    request.onloadend = () => {
      meter.hidden = true;
      resolve(read(request));
    };
    request.open("POST", "/jobs");
    request.send(form);
  });
}

async function add(event) {
  event.preventDefault();
  const button = byId("form").querySelector("button.main");
  const file = byId("file").files[0];
  if (!file && !chosen) {
    showProblem("Choose a film first.");
    return;
  }
  showProblem("");
  button.disabled = true;
  const beside = byId("beside").checked;
  const answer = file
    ? await upload(file)
    : await ask("/jobs", { method: "POST", body: JSON.stringify({ path: chosen, beside, ...wanted() }) });
  button.disabled = false;
  if (answer.problem) {
    showProblem(answer.problem);
    return;
  }
  byId("file").value = "";
  tell(`${answer.value.count} film(s) added.`);
}

async function prepare() {
  const { value } = await ask("/options");
  if (!value) return;
  const languages = value.languages.sort((one, other) => one.name.localeCompare(other.name));
  for (const language of languages) {
    const name = `${language.name} (${language.native})`;
    byId("source").append(element("option", name, { value: language.tag }));
    const label = element("label", "", { title: name });
    const box = element("input", "", { type: "checkbox", value: language.tag });
    box.checked = value.target.includes(language.tag);
    label.append(box, element("span", language.name));
    byId("targets").append(label);
  }
  if (value.source) byId("source").value = value.source;
  for (const profile of value.profiles) byId("profile").append(element("option", profile, { value: profile }));
  byId("profile").value = value.profile;
  byId("beside").checked = value.beside;
  if (value.libraries.length) {
    byId("library").hidden = false;
    byId("beside-line").hidden = false;
    setText(byId("file-label"), "Or upload a film or its audio");
    await showFolder(value.libraries.length === 1 ? value.libraries[0] : "");
  }
}

byId("form").addEventListener("submit", add);
prepare();
