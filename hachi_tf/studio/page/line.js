// A line that a model writes: its events, the states along it, and what it tells of a hand.
import { baselineOf, toStrokes } from "./ink.js";
import { PenLine } from "./pen.js";

const HAND = 26; // characters of a line that tell its hand

/** One line: what is drawn, and the states from which it can be gone on with. */
export class Line extends PenLine {
  marks = [{ count: 0, state: null, position: 0 }];
  version = 0;
  positions = []; // in the text, an event each
  hand = null; // what it was begun in

  /** Takes back what was drawn after a position in the text, or after a number of events. */
  cut(isKept) {
    const isLeft = (mark) => isKept(mark) && mark.count <= this.events.length; // not if it was stopped
    while (this.marks.length > 1 && !isLeft(this.marks.at(-1))) this.marks.pop();
    this.isStopped = false;
    this.events.length = this.marks.at(-1).count;
    this.drawn = Math.min(this.drawn, this.events.length);
    if (!this.events.length) this.shift = null;
    this.reached = this.marks.at(-1).position;
    this.done = false;
    this.version++;
  }

  say(text) {
    const [before, now] = [[...this.text], [...text]];
    let same = 0;
    while (same < before.length && before[same] === now[same]) same++;
    this.text = text;
    if (same < before.length) this.cut((mark) => mark.position <= same - 0.5);
    else if (this.done) this.cut((mark) => mark.position <= before.length - 0.3);
    else this.version++;
  }
}

/**
 * A line as a hand to write in: some of its events, what they say, and how it stood at its end.
 * @param {number[][]} events
 * @param {string} text
 * @param {number[]} positions - in the text, an event each, if it may be cut after a word.
 */
export function handOf(events, text, positions = null) {
  const baseline = baselineOf(toStrokes(events));
  const letters = [...text];
  if (positions && letters.length > HAND) {
    const space = letters.lastIndexOf(" ", HAND);
    let count = space > 6 ? positions.findIndex((each) => each > space + 1.6) : -1;
    while (count > 0 && events[count - 1][2] < 0.5) count--;
    if (count > 0) [events, text] = [events.slice(0, count), letters.slice(0, space).join("")];
  }
  const end = toStrokes(events).at(-1).at(-1)[1];
  return { events, text: `${text.trimEnd()} `, endY: end - baseline };
}
