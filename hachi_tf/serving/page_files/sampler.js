// Draws sequences, an event at a time, as hachi_tf/samplers/sampler.py does.

import { isBlank, TextCodec } from "./characters.js";
import { drawEvent, noiseSize } from "./head.js";
import { copyState, Network } from "./network.js";
import { uniforms } from "./noise.js";
import { fromBase64, fromFloats, fromHalves } from "./weights.js";
import { TextContext } from "./window.js";

const KEEP_EVERY = 16; // events

/** Between data units and the network's: grids and scales of columns. */
class Units {
  constructor(model) {
    this.quanta = model.quanta;
    this.transforms = model.transforms.map(({ columns, loc, scale }) => ({
      columns,
      loc: Float32Array.from(loc),
      scale: Float32Array.from(scale),
      inverse: Float32Array.from(scale, (each) => 1 / Math.fround(each)),
    }));
  }

  inputs(event) {
    const values = Float32Array.from(event, (each, i) => each + 0.5 * this.quanta[i]);
    for (const { columns, loc, inverse } of this.transforms) {
      columns.forEach((c, i) => (values[c] = Math.fround(values[c] - loc[i]) * inverse[i]));
    }
    return values;
  }

  event(drawn) {
    const values = Float32Array.from(drawn);
    for (const { columns, loc, scale } of [...this.transforms].reverse()) {
      columns.forEach((c, i) => (values[c] = Math.fround(values[c] * scale[i]) + loc[i]));
    }
    return values.map((each, i) => {
      const cell = this.quanta[i];
      return cell > 0 ? Math.floor(Math.fround(each / cell)) * cell : each;
    });
  }
}

/** A model of this page: `begin` a sequence, then ask it for one event after the other. */
export class Model {
  /** Args: description, as page_model.py writes it; weights and styles, base64. */
  constructor(description, weights, styles = "") {
    this.description = description;
    this.network = new Network(description, fromHalves(fromBase64(weights)));
    this.units = new Units(description);
    this.codec = description.kind === "text" ? new TextCodec(description) : null;
    const alphabet = [...(description.alphabet || "")];
    this.alphabet = new Map(alphabet.map((each, index) => [each, index]));
    this.styles = this.readStyles(fromFloats(fromBase64(styles)));
  }

  readStyles(numbers) {
    const width = this.description.numColumns;
    let start = 0;
    const read = ({ name, text, numEvents }) => {
      const event = (i) => numbers.slice(start + i * width, start + (i + 1) * width);
      const events = Array.from({ length: numEvents }, (_, i) => event(i));
      start += numEvents * width;
      return [name, { text, events }];
    };
    return new Map(this.description.styles.map(read));
  }

  /** The sampler's state after a style's line; it takes as long as writing it would, once. */
  styleState(name) {
    const style = this.styles.get(name);
    if (!style.state) {
      const context = new TextContext(style.text, this.alphabet);
      const state = this.network.begin();
      const read = (inputs) => this.network.step(inputs, state, context, false);
      style.events.forEach((_, i) => read(i ? this.units.inputs(style.events[i - 1]) : this.start()));
      if (style.events.length) this.network.place(state, context, context.length);
      const numEvents = style.events.length;
      Object.assign(style, { state, numEvents, last: style.events.at(-1) ?? null, length: context.length });
    }
    return style;
  }

  /** What the network reads before the first event. */
  start() {
    return this.codec ? 0 : new Float32Array(this.description.numColumns);
  }

  /**
   * A new sequence.
   *
   * Options: seed, from 0 to 2^32 - 1, and row, the number of the sample with that seed: as
   * `python -m hachi_tf.sample --seed` draws it; text, what to write; style, the name of one, or
   * after, `{text, sequence}`, a sequence to go on from in its hand; prime, a text to go on with.
   */
  begin(options = {}) {
    return new Sequence(this, options);
  }

  /** Up to `steps` events at once: `{events, ended, complete, positions}`. */
  sample({ steps = this.description.maxSteps, bias = 0, temperature = 1, ...options } = {}) {
    const sequence = this.begin(options);
    const [events, positions] = [[], []];
    while (events.length < steps) {
      const event = sequence.next(bias, temperature);
      if (!event) break;
      events.push(event);
      positions.push(sequence.position);
    }
    const { ended, complete } = sequence;
    return { events, ended, complete, positions };
  }
}

class Sequence {
  constructor(model, { seed = 0, row = 0, text = "", style = "", after = null, prime = "" }) {
    this.model = model;
    this.seed = [seed >>> 0, row >>> 0];
    this.noiseSize = noiseSize(model.description);
    this.state = model.network.begin();
    this.numEvents = 0;
    this.last = null;
    this.ended = false;
    this.primeLength = 0;
    this.context = null;
    if (model.description.kind === "handwriting") this.read(text, style, after);
    if (prime && model.codec) model.codec.encode(prime).classes.forEach((each) => this.feed([each]));
  }

  read(text, style, after) {
    this.ended = ![...text].some((each) => this.model.alphabet.has(each) && !isBlank(each));
    const before = style ? this.model.styleState(style) : after && this.afterwards(after);
    if (before) {
      this.state = copyState(before.state);
      this.numEvents = before.numEvents;
      this.last = before.last;
      this.primeLength = before.length;
      text = before.text + text;
    }
    this.context = new TextContext(text, this.model.alphabet);
    this.limit = this.context.limit(this.model.description.eventsPerCharacter);
    this.kept = [{ state: copyState(this.state), numEvents: this.numEvents, last: this.last }];
    this.recent = [];
  }

  /**
   * What `styleState` gives of a style, of a sequence that wrote a text.
   *
   * Its last events are read again, as they would have been with what comes after them.
   */
  afterwards({ text, sequence }) {
    const { network, units } = this.model;
    const context = new TextContext(text, this.model.alphabet);
    const { state: kept, numEvents: from } = sequence.kept[0];
    const state = copyState(kept);
    for (let i = from; i < sequence.numEvents; i++) {
      const last = sequence.recent[i - from - 1] ?? sequence.kept[0].last;
      network.step(last ? units.inputs(last) : this.model.start(), state, context, false);
    }
    network.place(state, context, context.length);
    const { numEvents, last } = sequence;
    return { text, state, numEvents, last, length: context.length };
  }

  /** Keeps the state of 16 to 32 events ago, and the events since. */
  keep() {
    if (this.numEvents % KEEP_EVERY === 0 && this.kept.length > 1) {
      this.kept.shift();
      this.recent.splice(0, KEEP_EVERY);
    }
    if (this.numEvents % KEEP_EVERY === 0) {
      const { numEvents, last } = this;
      this.kept.push({ state: copyState(this.state), numEvents, last });
    }
  }

  /** Goes on with a given event instead of one that is drawn; not in a text that is written. */
  feed(event) {
    this.model.network.step(this.inputs(), this.state, this.context);
    this.last = Float32Array.from(event);
    this.numEvents++;
  }

  inputs() {
    if (!this.last) return this.model.start();
    return this.model.codec ? this.last[0] : this.model.units.inputs(this.last);
  }

  /** The next event in data units, or null if there is none. */
  next(bias = 0, temperature = 1) {
    if (this.ended || (this.context && this.numEvents >= this.limit)) return null;
    const { network, description, units } = this.model;
    const params = network.step(this.inputs(), this.state, this.context);
    const noise = uniforms(this.seed, this.numEvents, this.noiseSize);
    const drawn = drawEvent(description, params, noise, bias, temperature);
    const event = units.event(drawn.event);
    let { ends } = drawn;
    if (this.context) {
      // Graves's rule for the end (section 5.3), and a learned end once all is read.
      const { path } = this.state;
      const late = path.passed > 0.5 * description.eventsPerCharacter;
      const wasLifted = (this.last && this.last[2] > 0.5) || late;
      if (path.passed > 0.5 && wasLifted) {
        this.ended = true;
        return null;
      }
      const isOver = path.passed > 0.5 && event[2] > 0.5;
      ends = isOver || (ends === true && path.isRead(this.context));
    }
    if (!event.every(Number.isFinite)) {
      this.ended = true;
      return null;
    }
    this.last = event;
    this.numEvents++;
    if (this.context) {
      this.recent.push(event);
      this.keep();
    }
    if (ends) this.ended = true;
    return event;
  }

  /** The character, from 0, that the window's centre has come to. */
  get position() {
    return this.context ? this.state.path.position - this.primeLength : 0;
  }

  /** Whether all was written, and no character skipped. */
  get complete() {
    if (!this.context) return this.ended;
    return this.ended && this.state.path.isRead(this.context) && !this.state.path.skipped;
  }
}
