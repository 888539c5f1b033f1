// The controls that views share: sliders, choices, menus, buttons.
import { h } from "./dom.js";

let last = 0;
const newId = (name) => `${name.toLowerCase().replace(/[^a-z]+/g, "-")}-${++last}`;

/**
 * A slider with its name and number.
 * @param {Object} options - `label`, `min`, `max`, `step`, `value`, `unit`, `hint`; `changed` is
 *   called with the number whenever it moves.
 * @returns {Element} with a property `number`.
 */
export function slider({ label, min, max, step, value, unit = "", hint = "", changed = () => {} }) {
  const digits = (String(step).split(".")[1] ?? "").length;
  const id = newId(label);
  const shown = (number) => Number(number).toFixed(digits) + (unit && `\u202f${unit}`);
  const output = h("output", { for: id, text: shown(value) });
  const input = h("input", { type: "range", id, min, max, step, title: hint });
  input.value = value;
  input.setAttribute("aria-valuetext", shown(value));
  const node = h("div", { class: "slider", "data-name": label.toLowerCase() },
    h("label", { for: id, text: label, title: hint }), output, input);
  input.addEventListener("input", () => {
    output.textContent = shown(input.value);
    input.setAttribute("aria-valuetext", shown(input.value));
    changed(Number(input.value));
  });
  Object.defineProperty(node, "number", { get: () => Number(input.value) });
  return node;
}

/** A choice: `options` are [value, text] or strings; `value` is the one that is chosen. */
export function choice({ label, options, value, changed = () => {}, id = newId(label) }) {
  const select = h("select", { id, on: { change: () => changed(select.value) } },
    options.map((each) => {
      const [key, text] = Array.isArray(each) ? each : [each, each];
      return h("option", { value: key, text, selected: key === value });
    }));
  const node = h("div", { class: "field" }, h("label", { for: id, text: label }), select);
  Object.defineProperty(node, "value", { get: () => select.value });
  node.select = select;
  return node;
}

/** A number with its unit, or a short text. */
export function field({ label, unit = "", type = "text", ...attributes }) {
  const id = newId(label);
  const input = h("input", { id, type, autocomplete: "off", ...attributes });
  const node = h("div", { class: "field" },
    h("label", { for: id }, label, unit && h("span", { class: "unit", text: `, ${unit}` })), input);
  Object.defineProperty(node, "value", { get: () => input.value });
  node.input = input;
  return node;
}

/** A button. */
export const button = (text, click, props = {}) =>
  h("button", { type: "button", text, on: { click }, ...props });

/**
 * A menu that folds out; it closes on Escape, on a choice, and when one goes elsewhere.
 * @param {string} title
 * @param {Array} entries - [text, what to do] each.
 */
export function menu(title, entries, { down = false } = {}) {
  const summary = h("summary", { class: "button", text: title });
  const node = h("details", { class: down ? "menu down" : "menu" }, summary,
    h("div", {}, entries.map(([text, click]) => button(text, () => { node.open = false; click(); }))));
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && node.open) {
      node.open = false;
      summary.focus();
      event.stopPropagation();
    }
  });
  node.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !node.contains(event.relatedTarget)) node.open = false;
  });
  const elsewhere = (event) => { if (!node.contains(event.target)) node.open = false; };
  node.addEventListener("toggle", () => {
    if (node.open) document.addEventListener("pointerdown", elsewhere);
    else document.removeEventListener("pointerdown", elsewhere);
  });
  return node;
}

/** The lower edge of a view: what is typed, and the tools, which fold away on a small screen. */
export function desk({ input = null, first = [], tools = [], last: after = [] }) {
  const folds = h("details", { class: "fold tools" },
    h("summary", { class: "button", text: "Pen" }), h("div", { class: "toolbox" }, tools));
  const wide = matchMedia("(min-width: 720px)");
  const unfold = () => (folds.open = wide.matches);
  wide.addEventListener("change", unfold);
  unfold();
  return h("div", { class: "desk" }, input,
    h("div", { class: "toolrow" }, first, folds, h("div", { class: "row ends" }, after)));
}
