// A wall of drawings, all drawn at once at pen speed. Knows no server.
import { h, stillness } from "./dom.js";
import { boxOf, outline, paceOf, toStrokes } from "./ink.js";

/** A picture of events that draws itself. */
export class Drawing {
  constructor() {
    this.svg = h("svg:svg", { class: "drawing", role: "img", "aria-hidden": "true" });
    this.events = [];
    this.drawn = 0;
  }

  /** Takes new events; `share` of them is there at once. */
  set(events, share = 0) {
    this.events = events;
    this.drawn = Math.floor(events.length * share);
    this.svg.replaceChildren();
    const strokes = toStrokes(events);
    const [left, top, right, bottom] = boxOf(strokes) ?? [0, 0, 1, 1];
    const side = Math.max(right - left, bottom - top, 1e-3) * 1.16;
    const [x, y] = [(left + right - side) / 2, (top + bottom - side) / 2];
    this.svg.setAttribute("viewBox", `${x} ${y} ${side} ${side}`);
    this.pen = side * 0.03;
    this.pace = paceOf(strokes);
    this.show();
  }

  /** Draws as far as `drawn` says. */
  show() {
    const strokes = toStrokes(this.events.slice(0, Math.floor(this.drawn)));
    strokes.forEach((stroke, i) => {
      if (i < this.svg.childElementCount - 1) return;
      const path = this.svg.children[i] ?? this.svg.appendChild(h("svg:path"));
      path.setAttribute("d", outline(stroke, this.pen, this.pace));
    });
  }

  get isDone() {
    return this.drawn >= this.events.length;
  }
}

/** Lets drawings draw themselves, `rate()` points a second each, until all are done. */
export class Hands {
  constructor(rate, done = () => {}) {
    Object.assign(this, { rate, done, drawings: [], frame: 0 });
  }

  go(drawings) {
    this.drawings = drawings;
    cancelAnimationFrame(this.frame);
    this.last = performance.now();
    this.frame = requestAnimationFrame((now) => this.#tick(now));
  }

  end() {
    cancelAnimationFrame(this.frame);
  }

  #tick(now) {
    const points = stillness() ? Infinity : this.rate() * Math.min(0.1, (now - this.last) / 1000);
    this.last = now;
    for (const each of this.drawings) {
      if (each.isDone) continue;
      each.drawn = Math.min(each.events.length, each.drawn + points);
      each.show();
    }
    if (this.drawings.every((each) => each.isDone)) this.done();
    else this.frame = requestAnimationFrame((next) => this.#tick(next));
  }
}
