// Elements without markup in strings: what comes from a server is only ever text.

/**
 * Makes an element.
 * @param {string} tag - its name; `svg:path` and the like for SVG.
 * @param {Object} props - attributes; `on` holds listeners, `class` and `text` are as they say,
 *   false and null leave an attribute out, and DOM properties such as `value` are set as such.
 * @param {...(Node|string|null|false|Array)} children - what is in it.
 * @returns {Element}
 */
export function h(tag, props = {}, ...children) {
  const svg = tag.startsWith("svg:");
  const node = svg
    ? document.createElementNS("http://www.w3.org/2000/svg", tag.slice(4))
    : document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    } else if (name === "text") node.textContent = value;
    else if (!svg && ["value", "checked", "selected", "disabled", "open"].includes(name)) {
      node[name] = value;
    } else node.setAttribute(name, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

/** Puts children in the place of those that a node has. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

let timer = 0;

/**
 * Says something under the upper edge, and to screen readers.
 * @param {string} text - one line; an empty one takes the last one away.
 * @param {number} seconds - how long it stays.
 */
export function say(text, seconds = 5) {
  const place = document.getElementById("said");
  place.textContent = text;
  clearTimeout(timer);
  if (text) timer = setTimeout(() => (place.textContent = ""), seconds * 1000);
}

/** Says something to screen readers only. */
export function tell(text) {
  document.getElementById("heard").textContent = text;
}

/** Runs a promise's work and says what went wrong, if anything did. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== "AbortError") say(error.message, 12);
    return undefined;
  }
}

/**
 * Asks in a dialog; focus goes back to where it was.
 * @param {Object} question - `title`, `text`, `yes` (the button), `danger`, and `field`
 *   ({label, value, type}) if something is to be typed.
 * @returns {Promise<string|boolean>} what was typed, true for yes, false for no.
 */
export function ask({ title, text = "", yes = "Yes", danger = false, field = null }) {
  const dialog = document.getElementById("ask");
  const before = document.activeElement;
  const input = field && h("input", {
    id: "ask-field", value: field.value ?? "", type: field.type ?? "text",
    required: true, autocomplete: "off", spellcheck: "false",
  });
  return new Promise((resolve) => {
    const answer = (value) => { dialog.close(); resolve(value); };
    const form = h("form", {
      on: {
        submit: (event) => { event.preventDefault(); answer(input ? input.value.trim() : true); },
      },
    },
    h("h2", { id: "ask-title", text: title }), text && h("p", { text }),
    input && h("label", { class: "field" }, field.label, input),
    h("div", { class: "row end" },
      h("button", { type: "button", text: "Cancel", on: { click: () => answer(false) } }),
      h("button", { class: danger ? "danger" : "main", text: yes })));
    fill(dialog, form);
    dialog.oncancel = () => resolve(false);
    dialog.onclose = () => before?.isConnected && before.focus();
    dialog.showModal();
    if (danger) form.querySelector("button[type=button]").focus();
  });
}

/** Hands a file to the person. */
export function keep(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Whether the person wants little motion. */
export const stillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
