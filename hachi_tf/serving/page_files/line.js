// One line of handwriting, and how a text breaks into lines.

import { InkGroup, Strokes } from "./sheet.js";

const FIRST_CHARACTER = 0.5; // below it the window is on what came before the text

/** One line of writing: what is computed of it, and what the pen has drawn. */
export class Line {
  constructor(text, row, sequence, parent, isPrimed) {
    Object.assign(this, { text, row, sequence, isPrimed });
    this.events = []; // with the position in the text, the style's rest cut off
    this.held = []; // of the style's rest
    this.numDrawn = 0;
    this.offset = null;
    this.skip = 0; // characters that an earlier version of this line had written
    this.finished = false; // nothing more to compute
    this.known = new Strokes();
    this.drawn = new Strokes();
    this.ink = new InkGroup(parent);
  }

  compute(bias, temperature) {
    const event = this.sequence.next(bias, temperature);
    if (!event) this.finished = true;
    else this.held.push([...event, this.sequence.position]);
    if (this.isPrimed && event && this.sequence.position < FIRST_CHARACTER) return;
    if (this.isPrimed) {
      // What the style's line left to be finished goes, and so does the way from there.
      const before = this.held.filter((each) => each[3] < FIRST_CHARACTER);
      this.held.splice(0, before.findLastIndex((each) => each[2] > 0.5) + 1);
      if (this.held.length) this.held[0].fill(0, 0, 2);
      this.isPrimed = false;
    }
    for (const each of this.held.splice(0)) {
      this.events.push(each);
      this.known.add(each);
    }
  }

  get done() {
    return this.finished && this.numDrawn === this.events.length;
  }
}

/** A text in lines of at most so many characters, broken at spaces where there are some. */
export function wrap(text, most) {
  const lines = [];
  let rest = [...text];
  while (rest.length > most) {
    let end = rest.lastIndexOf(" ", most);
    if (end <= 0) end = most;
    lines.push(rest.slice(0, end).join("").trim());
    rest = [...rest.slice(end).join("").trim()];
  }
  return [...lines, rest.join("")];
}
