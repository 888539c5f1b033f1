// A wall of drawings, one after the other.

import { button, element, frameBudget, layOut, seedField, slider, Ticker, wantsNoMotion } from "./controls.js";
import { bounds } from "./curves.js";
import { download, InkGroup, Strokes, svgDocument, svgElement } from "./sheet.js";

const EVENTS_PER_SECOND = 150;
const AHEAD = 250; // events that are known before the pen begins
const WIDE = 2.5; // width over height from which drawings are lines

class Cell {
  constructor(wall, row) {
    this.row = row;
    this.svg = svgElement("svg", { class: "ink", "aria-hidden": "true" });
    this.button = button("", () => wall.redraw(this), "cell");
    this.button.append(this.svg);
    this.button.setAttribute("aria-label", `Drawing ${row + 1}; draw another in its place`);
    this.clear();
  }

  clear() {
    this.ink?.remove();
    this.ink = new InkGroup(this.svg);
    this.sequence = null;
    this.finished = false;
    this.events = [];
    this.numDrawn = 0;
    this.known = new Strokes();
    this.drawn = new Strokes();
  }

  get done() {
    return this.finished && this.numDrawn === this.events.length;
  }

  get box() {
    return bounds(this.known.strokes);
  }
}

export class Wall {
  constructor(model, paper, desk) {
    this.model = model;
    this.wall = element("div", { className: "sheet wall" });
    paper.append(this.wall);
    this.cells = [];
    this.due = 0;
    this.hurry = 1;
    this.ticker = new Ticker((seconds) => this.tick(seconds));
    this.lay(desk);
    this.restart();
  }

  lay(desk) {
    const { description } = this.model;
    this.bias = slider("Bias", { min: 0, max: 3, step: 0.1, value: 0.5, hint: "more is neater" });
    this.temperature = slider("Temperature", {
      ...{ min: 0, max: 1.5, step: 0.05, value: 1, digits: 2, hint: "less is more even" },
    });
    const fits = matchMedia("(min-width: 40rem)").matches ? 40 : 20;
    this.count = slider("Drawings", { min: 1, max: 100, step: 1, value: fits, digits: 0 });
    const most = Math.min(description.maxSteps, 2000);
    const length = Math.min(most, 500);
    this.length = slider("Length", { min: 1, max: most, step: 1, value: length, digits: 0, hint: "events" });
    this.seed = seedField();
    const again = button("Draw again", () => (this.seed.draw(), this.restart()), "plain main");
    const save = button("Save SVG", () => download("drawings.svg", this.toSvg(), "image/svg+xml"));
    const lengths = description.endOfSequence ? [] : [this.length.field];
    this.say = layOut(
      desk,
      [[again, save]],
      [this.bias.field, this.temperature.field, this.count.field, ...lengths, this.seed.field],
    );
    for (const each of [this.bias, this.temperature]) {
      each.onChange = () => this.ticker.running || this.restart(4);
    }
    for (const each of [this.count, this.length, this.seed]) each.onChange = () => this.restart();
  }

  restart(hurry = 1) {
    this.cells = Array.from({ length: this.count.value }, (_, row) => new Cell(this, row));
    this.wall.replaceChildren(...this.cells.map((cell) => cell.button));
    this.hurry = hurry;
    this.ticker.start();
  }

  /** Another drawing in a cell. */
  redraw(cell) {
    cell.row += this.cells.length;
    cell.clear();
    this.ticker.start();
  }

  compute(cell) {
    const { description } = this.model;
    cell.sequence ??= this.model.begin({ seed: this.seed.value, row: cell.row });
    const most = description.endOfSequence ? description.maxSteps : this.length.value;
    const event = cell.events.length < most && cell.sequence.next(this.bias.value, this.temperature.value);
    if (!event) cell.finished = true;
    else {
      cell.events.push(event);
      cell.known.add(event);
    }
  }

  tick(seconds) {
    const cell = this.cells.find((each) => !each.done);
    const hasTime = frameBudget();
    if (!cell) {
      this.say("");
      return false;
    }
    const isKnown = () => cell.finished || cell.events.length >= Math.max(AHEAD, cell.numDrawn + 20);
    while (!isKnown() && hasTime()) this.compute(cell);
    if (!isKnown() && !cell.numDrawn) return true;
    const next = this.cells.find((each) => !each.finished && each !== cell);
    while (next && cell.finished && next.events.length < AHEAD && !next.finished && hasTime()) {
      this.compute(next);
    }
    this.fit(cell);
    this.due += wantsNoMotion() ? Infinity : seconds * EVENTS_PER_SECOND * this.hurry;
    while (this.due >= 1 && cell.numDrawn < cell.events.length) {
      cell.drawn.add(cell.events[cell.numDrawn++]);
      this.due--;
    }
    this.due = Math.min(this.due, 4);
    cell.ink.show(cell.drawn.strokes);
    return true;
  }

  /** The drawing fills its cell, but small ones stay small. */
  fit(cell) {
    const [left, top, right, bottom] = cell.box;
    if (cell === this.cells[0]) this.wall.classList.toggle("wide", right - left > WIDE * (bottom - top));
    const extent = Math.max(right - left, bottom - top, 1e-6);
    const sizes = this.cells.filter((each) => each.numDrawn).map((each) => each.size);
    cell.size = Math.max(extent, 0.7 * Math.max(0, ...sizes));
    const isWide = this.wall.classList.contains("wide");
    const [width, height] = isWide ? [cell.size, Math.max(cell.size / 4, bottom - top)] : [cell.size, cell.size];
    const corner = [(left + right - width) / 2, (top + bottom - height) / 2];
    cell.svg.setAttribute("viewBox", [...corner, width, height].join(" "));
    cell.ink.group.setAttribute("stroke-width", (isWide ? 0.006 : 0.03) * cell.size);
  }

  /** The wall as it stands, cell beside cell. */
  toSvg() {
    const drawn = this.cells.filter((cell) => cell.numDrawn);
    const isWide = this.wall.classList.contains("wide");
    const columns = isWide ? 2 : Math.max(1, Math.ceil(Math.sqrt(drawn.length * 1.5)));
    const width = Math.max(1e-6, ...drawn.map((cell) => cell.size)) * 1.2;
    const height = isWide ? width / 3 : width;
    const groups = drawn.map((cell, index) => {
      const [left, top, right, bottom] = cell.box;
      const column = index % columns;
      const row = Math.floor(index / columns);
      const offset = [(column + 0.5) * width - (left + right) / 2, (row + 0.5) * height - (top + bottom) / 2];
      return [offset, cell.drawn.strokes];
    });
    const rows = Math.ceil(drawn.length / columns);
    return svgDocument([0, 0, columns * width, rows * height], (isWide ? 0.006 : 0.025) * width, groups);
  }
}
