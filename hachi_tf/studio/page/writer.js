// Has a model write what is typed, while it is typed: lines in chunks, each from the state of the
// one before, so that a letter that is taken back takes its ink back, and sliders act at once.
import { predict } from "./api.js";
import { baselineOf, boxOf, toStrokes } from "./ink.js";
import { handOf, Line } from "./line.js";
import { newSeed } from "./numbers.js";
import { wrap } from "./wrap.js";

const CHUNK = 16; // events
const NEAR_END_CHUNK = 6;
const [TRIES, TRY_APART] = [3, 7919]; // other draws of a chunk in which the pen lost its way
const LOOK = 64; // events that tell where a line stands
const TYPING_MS = 900; // after a key, more may come

/** Writes a text with a model that reads texts. */
export class Writer {
  /**
   * @param {Object} options - `model`, `pen`, `columns` (characters of a line), `settings` (a
   *   function: bias, temperature, style, prime), `failed` (called with an error).
   */
  constructor({ model, pen, columns, settings, failed }) {
    Object.assign(this, { model, pen, columns, settings, failed });
    this.seed = newSeed();
    this.typedAt = 0;
    this.isEnded = false;
    this.isRunning = false;
    this.text = "";
    this.most = Math.round(columns * 1.5);
    this.advance = pen.sheet.size.width / columns;
  }

  /** What is to be written from now on. */
  write(text, isTyping = false) {
    this.text = text;
    if (isTyping) this.typedAt = performance.now();
    const wanted = text.trim() ? wrap(text.trimEnd(), this.columns) : [];
    const { lines } = this.pen;
    lines.splice(wanted.length);
    this.pen.sheet.cut(wanted.length);
    wanted.forEach((each, index) => {
      if (!lines[index]) lines.push(new Line());
      if (lines[index].text !== each) {
        lines[index].say(each);
        this.pen.refresh(index);
      }
    });
    this.pen.sheet.describe(text);
    this.#go();
  }

  /** Begins anew with other randomness. */
  again(seed = newSeed()) {
    this.seed = seed;
    this.#clear();
  }

  /** Has what is not written yet follow the settings; if all is written, writes it anew, fast. */
  steer() {
    if (this.pen.isIdle) {
      this.#clear();
      this.pen.boost = 8;
      return;
    }
    const current = this.pen.index;
    this.pen.lines.forEach((line, index) => {
      if (index === current && line.marks) {
        const keep = line.marks.find((mark) => mark.count >= line.drawn)?.count;
        if (keep !== undefined && line.drawn) line.cut((mark) => mark.count <= keep);
        else if (!line.drawn) line.cut(() => false);
      } else if (index > current) line.cut(() => false);
    });
    this.#go();
  }

  /** Leaves it at what is written. */
  stop() {
    const text = [];
    for (const line of this.pen.lines) {
      if (line.drawn) {
        line.events.length = line.drawn;
        line.done = true;
        line.version++;
        line.isStopped = true;
        text.push(line.text);
      }
    }
    this.pen.lines.splice(text.length);
    this.pen.sheet.cut(text.length);
    this.pen.wake();
  }

  end() {
    this.isEnded = true;
    this.pen.end();
  }

  #clear() {
    const { text } = this;
    this.hasMeasured = false;
    this.pen.lines.length = 0;
    this.pen.sheet.cut(0);
    this.write(text);
  }

  #go() {
    this.pen.wake();
    if (!this.isRunning) this.#run();
  }

  async #run() {
    this.isRunning = true;
    try {
      while (!this.isEnded) {
        const index = this.pen.lines.findIndex((line) => !line.done);
        if (index < 0) break;
        if (this.#waits(index)) {
          this.#stand(this.pen.lines[index], true);
          await new Promise((resolve) => setTimeout(resolve, 40));
        } else await this.#chunk(index);
      }
    } catch (error) {
      this.failed(error);
      this.pen.lines.forEach((line) => (line.done = true));
    }
    this.isRunning = false;
    this.pen.wake();
  }

  // Far enough ahead of the pen, or at the end of what is still being typed.
  #waits(index) {
    const { lines } = this.pen;
    const line = lines[index];
    const ahead = lines.slice(0, index + 1).reduce((sum, each) => sum + each.events.length - each.drawn, 0);
    if (line.shift && ahead > Math.max(32, this.pen.pointsPerSecond * 0.5)) return true;
    return this.#mayGrow(index) && line.reached > [...line.text].length - 1.6;
  }

  #mayGrow(index) {
    return index === this.pen.lines.length - 1 && performance.now() - this.typedAt < TYPING_MS;
  }

  async #chunk(index) {
    const line = this.pen.lines[index];
    const { version } = line;
    if (!line.text) {
      line.done = true;
      return;
    }
    const { bias, temperature, style, prime } = this.settings();
    const mark = line.marks.at(-1);
    if (!mark.state) line.hand = prime ?? (style ? null : this.#hand(index));
    const { hand } = line;
    const near = this.#mayGrow(index) && line.reached > [...line.text].length - 4;
    const row = {
      seed: [this.seed + TRY_APART * (mark.tries ?? 0), index], num_steps: near ? NEAR_END_CHUNK : CHUNK,
      bias, temperature, text: line.text, style: hand ? "" : style ?? "",
    };
    let signature = "sample";
    if (mark.state) {
      signature = "continue";
      row.state = mark.state;
      row.text = (hand?.text ?? "") + line.text;
    } else if (hand) {
      signature = "sample_primed";
      Object.assign(row, { prime: hand.events, prime_lengths: hand.events.length, prime_text: hand.text });
    }
    const [drawn] = await predict(this.model, signature, [row]);
    if (line.version !== version || this.pen.lines[index] !== line) return;
    const before = signature === "continue" && hand ? [...hand.text].length : 0;
    if (isLost(line, mark, drawn, before, this.advance) && (mark.tries ?? 0) < TRIES) {
      mark.tries = (mark.tries ?? 0) + 1;
      return;
    }
    line.events.push(...drawn.events.slice(0, drawn.lengths));
    line.positions.length = mark.count;
    for (const each of drawn.position.slice(0, drawn.lengths)) line.positions.push(each - before);
    line.reached = line.positions.at(-1) ?? 0;
    line.marks.push({ count: line.events.length, state: drawn.state, position: line.reached });
    line.done = drawn.ended || drawn.lengths < row.num_steps;
    this.#stand(line);
    this.#fit(line);
    this.pen.wake();
  }

  // Hands differ in width: lines are broken to fit the one that writes.
  #fit(line) {
    if (!line.shift || line.reached < 6) return;
    const [left, , right] = boxOf(toStrokes(line.events));
    const { width } = this.pen.sheet.size;
    const fits = Math.floor((width * line.reached) / (right - left + 1e-9));
    const columns = Math.min(this.most, Math.max(8, fits));
    const overflows = [...line.text].length > columns;
    if (!this.hasMeasured || overflows) {
      this.hasMeasured = true;
      if (columns !== this.columns) {
        this.columns = columns;
        this.write(this.text);
      }
    }
  }

  // Where the line's pen begins: as the hand's line ended, or as its first letters say.
  #stand(line, isEnough = line.done || line.hand || line.events.length >= LOOK) {
    if (line.shift || !line.events.length || !isEnough) return;
    const strokes = toStrokes(line.events);
    const [left] = boxOf(strokes.slice(0, 2));
    line.shift = [-left, line.hand ? line.hand.endY : -baselineOf(strokes)];
    this.pen.wake();
  }

  // A line that is written already, to go on in its hand.
  #hand(index) {
    const { lines } = this.pen;
    const before = lines.slice(0, index).filter((line) => line.done && !line.isStopped && line.text);
    const line = before.find((each) => each.text.length >= 8) ?? before[0];
    return line ? handOf(line.events, line.text, line.positions) : null;
  }
}

// Whether the pen scribbles on the spot, or writes over what is written.
function isLost(line, mark, drawn, before, advance) {
  if (drawn.lengths < CHUNK || mark.count < CHUNK) return false;
  const reached = drawn.position[drawn.lengths - 1] - before;
  const along = drawn.events.slice(0, drawn.lengths).reduce((sum, [dx]) => sum + dx, 0);
  const moved = reached - mark.position;
  return reached - line.positions[mark.count - CHUNK] < 0.5 || (moved > 1 && along < 0.12 * moved * advance);
}
