// A sheet of paper: type, and the pen writes.

import { prepare } from "./characters.js";
import { button, choice, element, frameBudget, layOut, seedField, slider, textField, Ticker, wantsNoMotion } from "./controls.js";
import { baseline, bounds } from "./curves.js";
import { Line, wrap } from "./line.js";
import { download, svgDocument, svgElement } from "./sheet.js";

const CHARACTERS_PER_SECOND = 11;
const AHEAD = 100; // events that are known before a line gets its place
const KEPT_AHEAD = 12; // and while the pen writes: so soon a slider acts
const PITCH = 2.6; // from line to line, in line heights
const MOST_CHARACTERS = 1000;

export class Writing {
  constructor(model, paper, desk) {
    this.model = model;
    const { description } = model;
    const transform = description.transforms[0] ?? { loc: [1], scale: [1] };
    const stride = Math.max(Math.abs(transform.loc[0]), 0.2 * transform.scale[0]);
    this.advance = description.advance || stride * description.eventsPerCharacter;
    this.lineHeight = description.lineHeight || 1.33 * this.advance;
    this.rate = CHARACTERS_PER_SECOND * description.eventsPerCharacter;
    this.lines = [];
    this.due = 0;
    this.hurry = 1;
    this.svg = svgElement("svg", { class: "ink", role: "img", "stroke-width": 0.09 * this.lineHeight });
    this.pen = svgElement("circle", { class: "pen", r: 0.13 * this.lineHeight });
    this.svg.append(this.pen);
    paper.append(element("div", { className: "sheet" }, this.svg));
    this.ticker = new Ticker((seconds) => this.tick(seconds));
    this.lay(desk);
    this.text.input.value = this.firstText();
    addEventListener("resize", () => this.plan());
    this.plan();
  }

  lay(desk) {
    this.text = textField("Text to write", "Type, and the pen writes", MOST_CHARACTERS);
    this.bias = slider("Bias", { min: 0, max: 3, step: 0.1, value: 1, hint: "more is neater" });
    this.temperature = slider("Temperature", {
      ...{ min: 0, max: 1.5, step: 0.05, value: 1, digits: 2, hint: "less is more even" },
    });
    this.seed = seedField();
    const names = [...this.model.styles.keys()].map((name) => [name, name]);
    this.style = choice("Style", [["", "a hand of its own"], ...names]);
    const again = button("Write again", () => (this.seed.draw(), this.restart()), "plain main");
    const save = button("Save SVG", () => download("writing.svg", this.toSvg(), "image/svg+xml"));
    const styles = names.length ? [this.style.field] : [];
    this.say = layOut(
      desk,
      [[this.text.field, element("div", { className: "buttons" }, again, save)]],
      [this.bias.field, this.temperature.field, ...styles, this.seed.field],
    );
    this.text.input.addEventListener("input", () => this.plan());
    for (const each of [this.bias, this.temperature]) {
      each.onChange = () => this.ticker.running || this.restart(4);
    }
    for (const each of [this.style, this.seed]) each.onChange = () => this.restart();
  }

  /** Something to begin with that the model can write. */
  firstText() {
    const texts = ["Type, and the pen writes.", "Hello", ...[...this.model.styles.values()].map((s) => s.text)];
    return texts.find((text) => [...text].every((each) => this.model.alphabet.has(each)))?.trim() ?? "";
  }

  restart(hurry = 1) {
    this.lines.splice(0).forEach((line) => line.ink.remove());
    this.plan(hurry);
  }

  /** Breaks the text into lines, and keeps those that stay as they are. */
  plan(hurry = 1) {
    const width = this.svg.parentElement.clientWidth || 800;
    const most = Math.min(Math.max(Math.round(width / (width < 640 ? 16 : 21)), 14), 46);
    this.prepared = prepare(this.text.input.value, this.model.alphabet, this.model.description.same, "\n");
    const texts = this.prepared.text.split("\n").flatMap((part) => wrap(part.trim().replace(/ +/g, " "), most));
    this.width = (most + 3) * this.advance;
    for (const line of this.lines.splice(texts.length)) line.ink.remove();
    let row = 0;
    texts.forEach((text, index) => {
      const line = this.lines[index];
      if (!line || line.text !== text || line.row !== row) {
        this.lines[index] = this.newLine(text, row, line);
        line?.ink.remove();
      }
      if (text) row++;
    });
    this.hurry = hurry;
    this.svg.setAttribute("aria-label", texts.join("\n") || "Nothing is written yet");
    this.resize();
    this.ticker.start();
  }

  newLine(text, row, earlier) {
    const line = new Line(text, row, null, this.svg, false);
    line.finished = !text;
    if (!earlier?.numDrawn) return line;
    // What was written already of the same beginning is not written twice before one's eyes.
    let same = 0;
    while (same < text.length && text[same] === earlier.text[same]) same++;
    const at = earlier.events[earlier.numDrawn - 1][3];
    line.skip = Math.min(at, same) - 1;
    return line;
  }

  /** Begins a line: in the style, or in the hand of the first line. */
  begin(line) {
    const options = { seed: this.seed.value, row: line.row, text: line.text, style: this.style.value };
    const first = this.lines.find((each) => each.row === 0 && each.text);
    if (!options.style && line.row && first.sequence.complete) {
      options.after = { text: `${first.text} `, sequence: first.sequence };
    }
    line.sequence = this.model.begin(options);
    line.isPrimed = Boolean(options.style || options.after);
  }

  tick(seconds) {
    const line = this.lines.find((each) => !each.done);
    const hasTime = frameBudget();
    if (!line) return this.rest();
    if (!line.sequence) this.begin(line);
    const wanted = () => (line.offset === null ? AHEAD : line.numDrawn + KEPT_AHEAD + this.due);
    const skipped = () => line.skip > (line.events.at(-1)?.[3] ?? -1);
    while (!line.finished && (line.events.length < wanted() || skipped()) && hasTime()) {
      line.compute(this.bias.value, this.temperature.value);
    }
    if (line.offset === null) {
      if (!line.finished && line.events.length < AHEAD) return true;
      this.place(line);
    }
    this.svg.classList.remove("idle");
    this.due += wantsNoMotion() ? Infinity : seconds * this.rate * this.hurry;
    while (line.numDrawn < line.events.length) {
      const event = line.events[line.numDrawn];
      const isSkipped = event[3] < line.skip;
      if (!isSkipped && this.due < 1) break;
      if (!isSkipped) this.due--;
      line.drawn.add(event);
      line.numDrawn++;
    }
    this.due = Math.min(this.due, 4);
    line.ink.show(line.drawn.strokes);
    this.movePen(line);
    this.resize();
    return true;
  }

  /** Where the line stands, once enough of it is known. */
  place(line) {
    const index = this.lines.indexOf(line);
    const strokes = line.known.strokes;
    const read = line.text.slice(0, Math.max(1, Math.round(line.events.at(-1)?.[3] ?? 0)));
    const [left] = bounds(strokes);
    const down = (0.9 + index) * PITCH * this.lineHeight;
    line.offset = [this.advance - left, down - baseline(strokes, this.lineHeight, read)];
    line.ink.group.setAttribute("transform", `translate(${line.offset.join(" ")})`);
    this.resize();
    this.movePen(line);
    this.pen.scrollIntoView({ block: "nearest" });
  }

  movePen(line) {
    this.pen.setAttribute("cx", line.offset[0] + line.drawn.at[0]);
    this.pen.setAttribute("cy", line.offset[1] + line.drawn.at[1]);
  }

  /** The paper takes what is on it: wider if the pen went on, longer with each line. */
  resize() {
    const edge = (line) => (line.offset ? line.offset[0] + bounds([line.known.strokes.at(-1)])[2] : 0);
    this.width = Math.max(this.width, ...this.lines.map((line) => edge(line) + this.advance));
    const height = (this.lines.length + 0.6) * PITCH * this.lineHeight;
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${height}`);
  }

  rest() {
    this.svg.classList.add("idle");
    const last = this.lines.at(-1);
    const corner = [this.advance, (this.lines.length - 0.1) * PITCH * this.lineHeight];
    const place = last?.text ? [last.offset[0] + last.drawn.at[0], last.offset[1] + last.drawn.at[1]] : corner;
    this.pen.setAttribute("cx", place[0]);
    this.pen.setAttribute("cy", place[1]);
    const skipped = this.lines.filter((line) => line.text && !line.sequence.complete).length;
    const { replaced, dropped } = this.prepared;
    const remarks = [
      replaced.length && `wrote ${replaced.map(([from, to]) => `${from} as ${to}`).join(", ")}`,
      dropped.length && `left out ${dropped.join(" ")}, which it does not know`,
      skipped && "a letter was skipped; write again for another try",
    ].filter(Boolean);
    this.say(remarks.join("; "));
    return false;
  }

  toSvg() {
    const lines = this.lines.filter((line) => line.offset);
    const [, , width, height] = this.svg.getAttribute("viewBox").split(" ").map(Number);
    const groups = lines.map((line) => [line.offset, line.drawn.strokes]);
    return svgDocument([0, 0, width, height], 0.09 * this.lineHeight, groups);
  }
}
