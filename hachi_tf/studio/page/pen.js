// A pen that draws the events of lines on a sheet as fast as a hand. Knows no server.
import { stillness } from "./dom.js";

const BETWEEN_LINES_S = 0.3;

/** A line to be drawn: its `events` may grow or be cut while it is. */
export class PenLine {
  constructor() {
    this.events = [];
    this.drawn = 0; // how many of the events are ink
    this.shift = null; // where the pen begins; nothing is drawn before that is known
    this.done = false; // whether no more events will come
    this.text = ""; // what it says
    this.reached = 0; // how many characters of it are written, as a number with a fraction
  }
}

/** Moves over the lines, in order, for as long as there is something to draw. */
export class Pen {
  /**
   * @param {Sheet} sheet
   * @param {Object} options - `rate` (points a second at speed 1), `moved` (called when it moved).
   */
  constructor(sheet, { rate, moved }) {
    Object.assign(this, { sheet, rate, moved, speed: 1, boost: 1, lines: [] });
    this.pause = 0;
    this.owed = 0;
    this.at = [0, 0];
    this.frame = 0;
  }

  /** The index of the line that the pen is at. */
  get index() {
    const found = this.lines.findIndex((line) => !line.done || line.drawn < line.events.length);
    return found < 0 ? Math.max(0, this.lines.length - 1) : found;
  }

  get isIdle() {
    return this.lines.every((line) => line.done && line.drawn >= line.events.length);
  }

  /** Points a second, at this moment. */
  get pointsPerSecond() {
    return this.rate * this.speed * this.boost;
  }

  /** Goes on, after events have come or lines have changed. */
  wake() {
    if (this.frame) return;
    this.last = performance.now();
    this.frame = requestAnimationFrame((now) => this.#tick(now));
  }

  /** Puts it down for good. */
  end() {
    cancelAnimationFrame(this.frame);
    this.frame = -1;
  }

  #tick(now) {
    const seconds = Math.min(0.1, (now - this.last) / 1000);
    this.last = now;
    this.pause -= seconds * this.boost * this.speed;
    if (this.pause <= 0) this.owed += seconds * this.pointsPerSecond;
    const budget = stillness() || document.hidden ? Infinity : Math.floor(this.owed);
    const drew = budget > 0 && this.#draw(budget);
    if ((budget > 0 && !drew) || budget === Infinity) this.owed = 0;
    this.show(drew || this.pause > 0);
    if (drew) this.moved?.();
    const more = this.lines.some((line) => line.drawn < line.events.length);
    this.frame = 0;
    if (more || !this.isIdle) {
      this.frame = requestAnimationFrame((next) => this.#tick(next));
    } else {
      this.boost = 1;
      this.show(false);
      this.moved?.();
    }
  }

  #draw(budget) {
    let drew = false;
    for (const [index, line] of this.lines.entries()) {
      if (line.shift && line.drawn < line.events.length) {
        const count = Math.min(budget, line.events.length - line.drawn);
        line.drawn += count;
        budget -= count;
        this.owed -= count;
        this.refresh(index);
        drew = true;
        if (line.done && line.drawn >= line.events.length) {
          this.pause = BETWEEN_LINES_S;
          if (budget !== Infinity) return drew;
        }
      }
      if (!line.done || line.drawn < line.events.length || budget <= 0) break;
    }
    return drew;
  }

  /** Draws a line as far as it is written. */
  refresh(index) {
    const line = this.lines[index];
    if (line.shift) this.sheet.place(index, line.shift);
    this.at = this.sheet.draw(index, line.events.slice(0, line.drawn));
    this.#foretell(index);
  }

  #foretell(index) {
    const line = this.lines[index];
    const letters = [...line.text];
    const share = line.events.length ? line.drawn / line.events.length : 0;
    const reached = line.positions?.[line.drawn - 1] ?? line.reached * share;
    const written = line.done && share >= 1 ? letters.length : Math.floor(reached + 0.2);
    const x = line.drawn ? this.at[0] + this.sheet.size.letter * 0.35 : 0;
    this.sheet.foretell(index, letters.slice(written).join("").trimStart(), x);
  }

  /** Shows what is to come, and the pen or the caret. */
  show(isWriting) {
    const index = this.index;
    const line = this.lines[index];
    for (let i = index; i < this.lines.length; i++) {
      if (!this.lines[i].drawn) this.#foretell(i);
    }
    if (line && !line.drawn) this.at = [0, this.sheet.base(index)];
    const rest = this.sheet.size.letter * (line?.drawn && !isWriting ? 0.35 : 0);
    this.sheet.hold([this.at[0] + rest, this.at[1]], index, isWriting && Boolean(line?.drawn));
  }
}
