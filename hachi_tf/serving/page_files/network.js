// One step of the networks of Graves 2013: prediction, and synthesis, which reads a text.

import { addProduct, Layer } from "./layers.js";
import { Path, SoftWindow } from "./window.js";
import { cutTensors, inFours, sumsOf } from "./weights.js";

/** A network with its weights; what it remembers of a sequence is the state that `begin` gives. */
export class Network {
  constructor(model, numbers) {
    const { hiddenSize, numLayers, cell } = model;
    const weights = cutTensors(numbers, model.tensors);
    const belowOf = (index) => (index ? hiddenSize : 0);
    this.model = model;
    this.layers = Array.from(
      { length: numLayers },
      (_, index) => new Layer(weights, `layer${index}`, hiddenSize, cell, belowOf(index)),
    );
    this.window = model.kind === "handwriting" ? new SoftWindow(weights, hiddenSize) : null;
    this.bias = weights["params.bias"];
    const size = numLayers * hiddenSize;
    this.output = inFours(weights["params.kernel"], this.bias.length, 0, size);
    this.outputs = new Float32Array(size);
    this.sums = sumsOf(this.bias.length);
  }

  /** The state before a sequence. */
  begin() {
    const size = this.model.hiddenSize;
    const states = this.layers.map(() => ({ h: new Float32Array(size), c: new Float32Array(size) }));
    if (this.window) {
      states[0].kappa = new Float32Array(this.window.numComponents);
      states[0].window = new Float32Array([...this.model.alphabet].length);
      states.path = new Path();
    }
    return states;
  }

  /**
   * One step.
   *
   * Args: inputs, numbers or the index of a class; states, which change; context, the text;
   * follow, whether to keep the window's path. Returns the head's parameters, to be read before
   * the next step.
   */
  step(inputs, states, context = null, follow = true) {
    const rows = this.model.kind === "text" ? [[inputs, 1]] : [...inputs].map((v, i) => [i, v]);
    this.layers.forEach((layer, index) => {
      if (this.window && index === 0) this.read(rows, states, context, follow);
      else layer.step(rows, index ? states[index - 1].h : null, states[index]);
      this.outputs.set(states[index].h, index * this.model.hiddenSize);
    });
    this.sums.set(this.bias);
    addProduct(this.sums, this.output, this.outputs);
    return Float32Array.from(this.sums.subarray(0, this.bias.length));
  }

  /** The lowest layer reads the window of the step before and moves it; `rows` get the new one. */
  read(rows, states, context, follow) {
    const [state] = states;
    const first = rows.length;
    rows.push([first, state.kappa.every((each) => each === 0) ? 1 : 0]); // marks the first step
    const add = () => state.window.forEach((each, i) => each && rows.push([first + 1 + i, each]));
    add();
    this.layers[0].step(rows, null, state);
    const params = this.window.step(state, context);
    rows.length = first + 1;
    add();
    if (follow) states.path.follow(this.window.logWeights(params, state.kappa, context), context);
  }

  /** Sets the path after given events, which wrote the first `count` characters. */
  place(states, context, count) {
    const params = this.window.params(states[0].h);
    states.path.place(this.window.logWeights(params, states[0].kappa, context), context, count);
  }
}

/** A copy of a state. */
export function copyState(states) {
  const copy = states.map((state) =>
    Object.fromEntries(Object.entries(state).map(([name, numbers]) => [name, numbers.slice()])),
  );
  if (states.path) copy.path = Object.assign(new Path(), states.path);
  return copy;
}
