// A line of paper to write on with a pen, a finger or a mouse: strokes with their times.
// Knows no server.
import { h } from "./dom.js";
import { outline } from "./ink.js";

const TALL = 240; // units; strokes are given in them
const PEN = 3;

/** Keeps strokes as lists of [x, y, t], t in seconds since the first point. */
export class DrawPad {
  /** @param {function} changed - called after each stroke, undo and clear. */
  constructor(changed) {
    this.changed = changed;
    this.strokes = [];
    this.zero = null;
    this.drawing = null; // the pointer that writes
    this.ink = h("svg:g", { class: "ink" });
    this.svg = h("svg:svg", {
      class: "pad", viewBox: `0 0 1000 ${TALL}`, role: "img",
      "aria-label": "Paper to write on with a mouse, a pen or a finger",
      on: {
        pointerdown: (event) => this.#down(event), pointermove: (event) => this.#move(event),
        pointerup: (event) => this.#up(event), pointercancel: (event) => this.#up(event),
      },
    },
    h("svg:line", { class: "rule", x1: 0, x2: 9999, y1: TALL * 0.66, y2: TALL * 0.66 }),
    h("svg:line", { class: "rule fine", x1: 0, x2: 9999, y1: TALL * 0.4, y2: TALL * 0.4 }), this.ink);
  }

  /** Fits the paper's units to its pixels; what is written on it stays. */
  fit() {
    const { width, height } = this.svg.getBoundingClientRect();
    if (width && height) this.svg.setAttribute("viewBox", `0 0 ${(TALL * width) / height} ${TALL}`);
  }

  get isEmpty() {
    return !this.strokes.length;
  }

  clear() {
    this.strokes = [];
    this.zero = null;
    this.ink.replaceChildren();
    this.changed();
  }

  undo() {
    this.strokes.pop();
    this.ink.lastChild?.remove();
    if (this.isEmpty) this.zero = null;
    this.changed();
  }

  #point(event) {
    const box = this.svg.getBoundingClientRect();
    this.zero ??= event.timeStamp;
    const round = (value) => Math.round(value * 1000) / 1000;
    return [
      round(((event.clientX - box.left) * TALL) / box.height), round(((event.clientY - box.top) * TALL) / box.height),
      round(Math.max(0, event.timeStamp - this.zero) / 1000),
    ];
  }

  #down(event) {
    if (this.drawing !== null || event.button > 0) return;
    event.preventDefault();
    this.drawing = event.pointerId;
    this.svg.setPointerCapture(event.pointerId);
    this.stroke = [this.#point(event)];
    this.strokes.push(this.stroke);
    this.ink.append(h("svg:path"));
    this.#show();
  }

  #move(event) {
    if (event.pointerId !== this.drawing) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      const point = this.#point(each);
      const [x, y, t] = this.stroke.at(-1);
      if (t <= point[2] && Math.hypot(x - point[0], y - point[1]) > 0.3) this.stroke.push(point);
    }
    this.#show();
  }

  #up(event) {
    if (event.pointerId !== this.drawing) return;
    this.drawing = null;
    this.changed();
  }

  #show() {
    this.ink.lastChild.setAttribute("d", outline(this.stroke, PEN, 7));
  }
}
