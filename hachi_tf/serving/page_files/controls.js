// The desk: a text, sliders, buttons.

/** A new element with properties, attributes (`aria-...`) and children. */
export function element(name, properties = {}, ...children) {
  const result = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-")) result.setAttribute(key, value);
    else result[key] = value;
  }
  result.append(...children);
  return result;
}

let count = 0;

function labelled(text, input, ...more) {
  input.id ||= `input-${++count}`;
  const label = element("label", {}, text, ...more);
  label.htmlFor = input.id;
  return element("div", {}, label, input);
}

/** A slider with its value beside its name: `{field, value, onChange}`. */
export function slider(name, { min, max, step, value, hint = "", digits = 1 }) {
  const output = element("span", { className: "value", "aria-hidden": "true" });
  const input = element("input", { type: "range", min, max, step, name, title: hint });
  input.value = value;
  const field = labelled(name, input, output);
  const show = () => {
    output.textContent = Number(input.value).toFixed(digits);
    input.setAttribute("aria-valuetext", `${output.textContent}${hint ? `, ${hint}` : ""}`);
  };
  const control = { field, input, onChange() {} };
  Object.defineProperty(control, "value", { get: () => Number(input.value) });
  input.addEventListener("input", show);
  input.addEventListener("change", () => control.onChange());
  show();
  return control;
}

/** The seed, a whole number from 0 to 2^32 - 1. */
export function seedField() {
  const input = element("input", { type: "number", min: 0, max: 2 ** 32 - 1, step: 1, name: "seed" });
  input.inputMode = "numeric";
  const control = { field: labelled("Seed", input), input, onChange() {} };
  Object.defineProperty(control, "value", {
    get: () => Math.min(Math.max(Math.trunc(Number(input.value)) || 0, 0), 2 ** 32 - 1),
    set: (value) => (input.value = value),
  });
  control.draw = () => (control.value = crypto.getRandomValues(new Uint16Array(1))[0]);
  input.addEventListener("change", () => ((input.value = control.value), control.onChange()));
  control.draw();
  return control;
}

/** One of some values: pairs of value and what is shown. */
export function choice(name, pairs) {
  const options = pairs.map(([value, text]) => element("option", { value }, text));
  const input = element("select", { name }, ...options);
  const control = { field: labelled(name, input), input, onChange() {} };
  Object.defineProperty(control, "value", { get: () => input.value });
  input.addEventListener("change", () => control.onChange());
  return control;
}

/** A text field. */
export function textField(name, placeholder, maxLength) {
  const input = element("textarea", { name, placeholder, maxLength, rows: 2, spellcheck: false });
  const field = labelled("", input);
  field.className = "grow";
  field.querySelector("label").append(element("span", { className: "hidden" }, name));
  return { field, input };
}

export function button(text, onClick, kind = "plain") {
  const result = element("button", { type: "button", className: kind }, text);
  result.addEventListener("click", onClick);
  return result;
}

/** Puts fields on the desk: those always seen, those that fold away. Returns the status line. */
export function layOut(desk, rows, settings) {
  const status = element("p", { className: "status", role: "status" });
  const folded = element("div", { className: "settings" }, ...settings);
  const details = element("details", {}, element("summary", {}, "Settings"), folded);
  details.open = matchMedia("(min-width: 40rem)").matches;
  desk.append(...rows.map((row) => element("div", { className: "row" }, ...row)), details, status);
  desk.addEventListener("submit", (event) => event.preventDefault());
  return (text) => (status.textContent = text);
}

export const wantsNoMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/**
 * Calls `work(seconds)` at every frame until it returns false; `start` again at any time.
 *
 * Where there are no frames, in a window that is not seen, nothing is done.
 */
export class Ticker {
  constructor(work) {
    this.work = work;
    this.running = false;
  }

  start() {
    if (this.running) return;
    this.running = true;
    let last = null;
    const tick = (now) => {
      const seconds = last === null ? 0 : Math.min((now - last) / 1000, 0.1);
      last = now;
      this.running = this.work(seconds);
      if (this.running) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }
}

/** Whether this frame has time left, for computing ahead: a function to ask. */
export function frameBudget(milliseconds = 8) {
  const end = performance.now() + milliseconds;
  return () => performance.now() < end;
}
