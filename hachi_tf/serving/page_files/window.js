// The soft window over a text (Graves 2013, section 5.1), and how far it has come.

import { isBlank } from "./characters.js";
import { addProduct } from "./layers.js";
import { inFours, sumsOf } from "./weights.js";

const LARGEST = 10; // of pre-activations, so that no exponential overflows
const NEAR = 0.1; // so near to a character the window's centre has reached it
// A row may take so many times the average number of events a character, and so many more.
const LIMIT_FACTOR = 2.5;
const LIMIT_EXTRA = 100;

/** A text as the window reads it: its characters' classes, and how many before each have ink. */
export class TextContext {
  constructor(text, alphabet) {
    const characters = [...text].filter((each) => alphabet.has(each));
    this.classes = characters.map((each) => alphabet.get(each));
    this.length = characters.length;
    this.inked = [0, 0]; // before u = 0 ... U + 1; an empty text counts as one place without ink
    let count = 0;
    for (const each of characters) this.inked.push((count += isBlank(each) ? 0 : 1));
    if (!this.length) this.inked.push(0);
  }

  /** How many characters with ink stand after `furthest` and before `place`. */
  between(furthest, place) {
    return this.inked[place] - this.inked[Math.min(furthest + 1, this.inked.length - 1)];
  }

  /** The most events that a sane writer takes. */
  limit(eventsPerCharacter) {
    if (!this.length) return 0;
    const pace = Math.fround(LIMIT_FACTOR * eventsPerCharacter);
    return Math.trunc(Math.fround(Math.fround(this.length * pace) + LIMIT_EXTRA));
  }
}

export class SoftWindow {
  constructor(weights, hiddenSize) {
    this.bias = weights["window.bias"];
    this.numComponents = this.bias.length / 3;
    this.kernel = inFours(weights["window.kernel"], this.bias.length, 0, hiddenSize);
    this.sums = sumsOf(this.bias.length);
  }

  /** Pre-activations (a, b, k) of an output. */
  params(h) {
    this.sums.set(this.bias);
    addProduct(this.sums, this.kernel, h);
    return this.sums.map((each) => Math.min(each, LARGEST));
  }

  /** Moves `state.kappa` and sets `state.window`, class by weight. Returns the pre-activations. */
  step(state, context) {
    const params = this.params(state.h);
    const size = this.numComponents;
    for (let k = 0; k < size; k++) state.kappa[k] += Math.exp(params[2 * size + k]);
    state.window.fill(0);
    for (let u = 1; u <= context.length; u++) {
      let weight = 0;
      for (let k = 0; k < size; k++) {
        const exponent = params[k] - Math.exp(params[size + k]) * (state.kappa[k] - u) ** 2;
        if (exponent > -104) weight += Math.exp(exponent); // what float32 can hold
      }
      state.window[context.classes[u - 1]] += weight;
    }
    return params;
  }

  /** Logarithms of the weights at places 1 ... U + 1, where the weights may underflow. */
  logWeights(params, kappa, context) {
    const size = this.numComponents;
    const result = [];
    for (let u = 1; u <= Math.max(context.length, 1) + 1; u++) {
      const parts = [];
      for (let k = 0; k < size; k++) {
        parts.push(params[k] - Math.exp(params[size + k]) * (kappa[k] - u) ** 2);
      }
      const most = Math.max(...parts);
      const sum = parts.reduce((total, part) => total + Math.exp(part - most), 0);
      result.push(u <= context.length + 1 ? most + Math.log(sum) : -Infinity);
    }
    return result;
  }
}

/** How far the window has come; see hachi_tf/models/window_path.py. */
export class Path {
  furthest = 0;
  skipped = false;
  position = 0;
  passed = 0;

  follow(logWeights, context) {
    const most = Math.max(...logWeights);
    const largest = logWeights.indexOf(most) + 1;
    if (context.between(this.furthest, largest) > 0) this.skipped = true;
    let [sum, moment] = [0, 0];
    logWeights.forEach((each, index) => {
      const weight = Math.exp(each - most);
      sum += weight;
      moment += weight * (index + 1);
    });
    this.furthest = Math.max(this.furthest, largest);
    this.position = moment / sum;
    this.passed = largest > context.length ? this.passed + 1 : 0;
  }

  /** After given events, which wrote the first `count` characters. */
  place(logWeights, context, count) {
    this.follow(logWeights, context);
    this.furthest = Math.max(this.furthest, count);
    this.skipped = false;
  }

  /** Whether the window's centre has reached the last character with ink. */
  isRead(context) {
    const end = context.length + 1;
    const centre = this.passed > 0.5 ? this.furthest : Math.floor(this.position + NEAR);
    return context.between(this.furthest, end) <= 0 && context.between(centre, end) <= 0;
  }
}
