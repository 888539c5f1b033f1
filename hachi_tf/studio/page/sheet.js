// A sheet of paper: lines of ink as SVG, a caret where the pen waits, pencil for what is to come.
import { h } from "./dom.js";
import { outline, toStrokes } from "./ink.js";

/** Draws lines of events as ink; it knows positions, not where events come from. */
export class Sheet {
  /**
   * @param {Object} size - in units of the events: `width` of the sheet, `pitch` from line to
   *   line, `letter` (the height of a letter), `pen` (the width of a line), `pace` (between points).
   */
  constructor(size) {
    this.size = size;
    this.lines = [];
    this.ink = h("svg:g", { class: "ink" });
    this.pencil = h("svg:g", { class: "pencil", "aria-hidden": "true" });
    this.caret = h("svg:line", { class: "caret", "stroke-width": size.pen * 0.9 });
    this.nib = h("svg:circle", { class: "nib", r: size.pen * 1.15, visibility: "hidden" });
    this.svg = h("svg:svg", { class: "sheet", role: "img", "aria-label": "The sheet, empty" },
      this.pencil, this.ink, this.caret, this.nib);
    this.resize();
  }

  /** Fits the paper to its lines. */
  resize() {
    const rows = Math.max(1, this.lines.length);
    const { width, pitch } = this.size;
    this.svg.setAttribute("viewBox", `${-pitch * 0.4} 0 ${width + pitch * 0.8} ${(rows + 0.5) * pitch}`);
  }

  /** Where a line's letters stand, downwards from the top. */
  base = (index) => (index + 0.85) * this.size.pitch;

  #line(index) {
    while (this.lines.length <= index) {
      const group = h("svg:g", { class: "line" });
      const text = h("svg:text", { "font-size": this.size.letter * 0.95 });
      this.ink.append(group);
      this.pencil.append(text);
      this.lines.push({ group, text, paths: [], points: [], shift: [0, 0] });
      this.resize();
    }
    return this.lines[index];
  }

  /** Says where a line's pen begins, relative to its left end and what its letters stand on. */
  place(index, [x, y]) {
    const line = this.#line(index);
    line.shift = [x, y];
    line.group.setAttribute("transform", `translate(${x} ${this.base(index) + y})`);
  }

  /**
   * Draws the first events of a line; only strokes that have changed are drawn anew.
   * @returns {number[]} where the pen is, in units of the sheet.
   */
  draw(index, events) {
    const line = this.#line(index);
    const strokes = toStrokes(events);
    while (line.paths.length > strokes.length) line.paths.pop().remove();
    strokes.forEach((stroke, i) => {
      if (!line.paths[i]) {
        line.paths[i] = h("svg:path");
        line.points[i] = null;
        line.group.append(line.paths[i]);
      }
      const mark = `${stroke.length} ${stroke.at(-1)}`;
      if (line.points[i] === mark) return;
      line.points[i] = mark;
      line.paths[i].setAttribute("d", outline(stroke, this.size.pen, this.size.pace));
    });
    const last = strokes.at(-1)?.at(-1) ?? [0, 0];
    return [last[0] + line.shift[0], last[1] + line.shift[1] + this.base(index)];
  }

  /** Writes in pencil what a line will say, from `x` on. */
  foretell(index, text, x) {
    const line = this.#line(index);
    line.text.setAttribute("x", x);
    line.text.setAttribute("y", this.base(index));
    if (line.text.textContent !== text) line.text.textContent = text;
  }

  /** Takes away the lines from one on. */
  cut(count) {
    for (const line of this.lines.splice(count)) {
      line.group.remove();
      line.text.remove();
    }
    this.resize();
  }

  /** Shows the pen while it writes, the caret while it waits. */
  hold([x, y], index, isWriting) {
    this.nib.setAttribute("visibility", isWriting ? "visible" : "hidden");
    this.nib.setAttribute("cx", x);
    this.nib.setAttribute("cy", y);
    const base = this.base(index);
    this.caret.setAttribute("visibility", isWriting ? "hidden" : "visible");
    for (const [name, value] of [["x1", x], ["x2", x]]) this.caret.setAttribute(name, value);
    this.caret.setAttribute("y1", base - this.size.letter * 1.12);
    this.caret.setAttribute("y2", base + this.size.letter * 0.28);
  }

  /** Says what the sheet shows to those who do not see it. */
  describe(text) {
    this.svg.setAttribute("aria-label", text ? `Written by hand: ${text}` : "The sheet, empty");
  }
}
