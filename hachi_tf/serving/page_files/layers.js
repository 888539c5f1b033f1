// Recurrent layers, one step of one sequence at a time. Sums are made in float64, and what is kept
// from step to step is float32.

import { inFours, sumsOf } from "./weights.js";

/** out += x times a matrix, which `inFours` made; four sums at a time are the fastest. */
export function addProduct(out, matrix, x) {
  for (let column = 0, at = 0; column < out.length; column += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < x.length; i++, at += 4) {
      const value = x[i];
      a += matrix[at] * value;
      b += matrix[at + 1] * value;
      c += matrix[at + 2] * value;
      d += matrix[at + 3] * value;
    }
    out[column] += a;
    out[column + 1] += b;
    out[column + 2] += c;
    out[column + 3] += d;
  }
}

/** out += share times a row of a matrix `[.., size]`. */
function addRow(out, matrix, size, row, share) {
  const start = row * size;
  for (let i = 0; i < size; i++) out[i] += share * matrix[start + i];
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/**
 * A layer whose input is mostly zeros (`inputs`, pairs of row and value), beside the outputs of the
 * layer below, if there is one.
 */
export class Layer {
  constructor(weights, name, hiddenSize, cell, belowSize) {
    this.cell = cell;
    this.kernel = weights[`${name}.kernel`];
    this.bias = weights[`${name}.bias`];
    this.peepholes = weights[`${name}.peepholes`];
    this.size = weights[`${name}.recurrent`].length / hiddenSize; // of all gates
    const rows = this.kernel.length / this.size;
    this.below = belowSize ? inFours(this.kernel, this.size, rows - belowSize, rows) : null;
    this.recurrent = inFours(weights[`${name}.recurrent`], this.size, 0, hiddenSize);
    this.sums = sumsOf(this.size);
    this.hidden = sumsOf(this.size);
  }

  /** Changes the state, `{h, c}`, by a step; h is the output. */
  step(inputs, below, state) {
    const { sums, hidden, size } = this;
    const isGru = this.cell === "gru";
    for (let i = 0; i < size; i++) {
      sums[i] = this.bias[i];
      hidden[i] = isGru ? this.bias[size + i] : 0;
    }
    for (const [row, value] of inputs) if (value !== 0) addRow(sums, this.kernel, size, row, value);
    if (this.below) addProduct(sums, this.below, below);
    addProduct(isGru ? hidden : sums, this.recurrent, state.h);
    if (isGru) this.gru(state.h);
    else if (this.cell === "rnn") state.h.forEach((_, i) => (state.h[i] = Math.tanh(sums[i])));
    else this.lstm(state.h, state.c);
  }

  lstm(h, c) {
    const { sums, peepholes } = this;
    const size = h.length;
    for (let i = 0; i < size; i++) {
      let [input, forget, output] = [sums[i], sums[size + i], sums[3 * size + i]];
      if (peepholes) {
        input += peepholes[i] * c[i];
        forget += peepholes[size + i] * c[i];
      }
      c[i] = sigmoid(forget) * c[i] + sigmoid(input) * Math.tanh(sums[2 * size + i]);
      if (peepholes) output += peepholes[2 * size + i] * c[i];
      h[i] = sigmoid(output) * Math.tanh(c[i]);
    }
  }

  gru(h) {
    const { sums, hidden } = this;
    const size = h.length;
    for (let i = 0; i < size; i++) {
      const update = sigmoid(sums[i] + hidden[i]);
      const reset = sigmoid(sums[size + i] + hidden[size + i]);
      const proposed = Math.tanh(sums[2 * size + i] + reset * hidden[2 * size + i]);
      h[i] = update * h[i] + (1 - update) * proposed;
    }
  }
}
