/** What both parts of the page need. */

export const byId = (id) => document.getElementById(id);

export function setText(place, text) {
  // A screen reader says again what is only written again.
  if (place.textContent !== text) place.textContent = text;
}

export function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function tell(text) {
  byId("news").textContent = text;
}

/** Asks the server; the answer has a value, or a problem in words. */
export async function ask(path, options = {}) {
  try {
    const answer = await fetch(path, options);
    const text = await answer.text();
    const value = text ? JSON.parse(text) : {};
    return answer.ok ? { value } : { problem: value.error.message };
  } catch {
    return { problem: "The server does not answer. Try again." };
  }
}
