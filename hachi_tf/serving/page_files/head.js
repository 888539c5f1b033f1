// From a network's raw parameters to an event, as a function of noise; see hachi_tf/layers/heads.

import { normalQuantile } from "./noise.js";

const clip = (x, limit) => Math.min(Math.max(x, -limit), limit);
const SCALE_LIMIT = 7; // of log scales
const ATANH_LIMIT = 15; // of the correlation's inverse hyperbolic tangent
const COUPLING_LIMIT = Math.exp(7);
const DF_LIMIT = 5;

/** The index of a class drawn by its cumulative probability; at temperature 0, the likeliest. */
export function choose(logits, noise, temperature) {
  const most = Math.max(...logits);
  if (!(temperature > 0)) return logits.indexOf(most);
  const sums = [];
  let total = 0;
  for (const each of logits) sums.push((total += Math.exp((each - most) / temperature)));
  const index = sums.findIndex((sum) => sum > noise * total);
  return index < 0 ? logits.length - 1 : index;
}

const flip = (logit, noise, temperature) => {
  if (!(temperature > 0)) return logit > 0 ? 1 : 0;
  return noise < 1 / (1 + Math.exp(-logit / temperature)) ? 1 : 0;
};

/** Independent standard normal numbers, correlated as a component says. */
function correlate(z, couplings, numDims) {
  if (numDims === 2) {
    const r = clip(couplings[0], ATANH_LIMIT);
    return [z[0], Math.tanh(r) * z[0] + z[1] / Math.cosh(r)];
  }
  const y = [];
  let at = 0;
  for (let d = 0; d < numDims; d++) {
    y.push(z[d] - y.reduce((sum, each) => sum + clip(couplings[at++], COUPLING_LIMIT) * each, 0));
  }
  return y;
}

/** Of a mixture, the chosen component's own parameters. */
function component(block, params, noise, bias, temperature) {
  const count = block.numComponents;
  const logits = Array.from(params.subarray(0, count), (each) => each * (1 + bias));
  const index = choose(logits, noise, temperature);
  const own = [];
  for (let at = count + index; at < params.length; at += count) own.push(params[at]);
  return own;
}

const scaleOf = (own, bias, temperature) =>
  Math.exp(clip(own, SCALE_LIMIT) - bias) * Math.sqrt(Math.max(temperature, 0));

const BLOCKS = {
  bernoulli: (block, params, noise, bias, temperature) => [flip(params[0], noise[0], temperature)],
  categorical: (block, params, noise, bias, temperature) => [
    choose([...params], noise[0], temperature),
  ],
  gaussian_mixture(block, params, noise, bias, temperature) {
    const dims = block.numDims;
    const own = component(block, params, noise[0], bias, temperature);
    let z = Array.from(noise.subarray(1, 1 + dims), normalQuantile);
    if (block.full) z = correlate(z, own.slice(2 * dims), dims);
    const event = z.map((each, d) => own[d] + scaleOf(own[dims + d], bias, temperature) * each);
    const binary = own.slice(own.length - block.numBinary);
    if (block.numBinary) {
      binary.forEach((logit, i) => event.push(flip(logit, noise[1 + dims + i], temperature)));
    }
    return event;
  },
  student_t_mixture(block, params, noise, bias, temperature) {
    const dims = block.numDims;
    const own = component(block, params, noise[0], bias, temperature);
    return Array.from({ length: dims }, (_, d) => {
      const df = 2 + 4 * Math.exp(clip(own[2 * dims + d], DF_LIMIT));
      const square = df * Math.expm1((-2 * Math.log(noise[1 + d])) / df);
      const t = Math.sqrt(square) * Math.cos(2 * Math.PI * noise[1 + dims + d]);
      return own[d] + scaleOf(own[dims + d], bias, temperature) * t;
    });
  },
};

/** How many uniform numbers an event takes. */
export function noiseSize(model) {
  const own = model.head.reduce((sum, block) => sum + block.numNoise, 0);
  return own + (model.endOfSequence ? 1 : 0);
}

/** An event in the network's units, and whether the sequence ends with it. */
export function drawEvent(model, params, noise, bias, temperature) {
  const event = new Float32Array(model.numColumns);
  let [at, number] = [0, 0];
  for (const block of model.head) {
    const own = params.subarray(at, (at += block.numParams));
    const numbers = noise.subarray(number, (number += block.numNoise));
    const drawn = BLOCKS[block.name](block, own, numbers, bias, temperature);
    block.columns.forEach((column, i) => (event[column] = drawn[i]));
  }
  const ends = model.endOfSequence ? flip(params[at], noise[number], 1) === 1 : null;
  return { event, ends };
}
