// Noise as a pure function of seed, step and channel: Threefry-2x32 with 20 rounds
// (Salmon et al. 2011), as in hachi_tf/samplers/noise.py, bit for bit.

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const PARITY = 0x1bd11bda;

/** Two 32-bit words from a key and a counter of two words each. */
export function threefry(key0, key1, counter0, counter1) {
  const keys = [key0 | 0, key1 | 0, (key0 ^ key1 ^ PARITY) | 0];
  let x = (counter0 + keys[0]) | 0;
  let y = (counter1 + keys[1]) | 0;
  for (let round = 0; round < 20; round++) {
    const bits = ROTATIONS[round % 8];
    x = (x + y) | 0;
    y = ((y << bits) | (y >>> (32 - bits))) ^ x;
    if (round % 4 === 3) {
      const injection = (round >> 2) + 1;
      x = (x + keys[injection % 3]) | 0;
      y = (y + keys[(injection + 1) % 3] + injection) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}

/**
 * Numbers of one step, uniform in the open interval (0, 1), on a grid of 2^-23.
 *
 * Args: seed, two words; step, from 0; count, how many numbers.
 */
export function uniforms(seed, step, count) {
  const numbers = new Float32Array(count);
  for (let channel = 0; channel < count; channel += 2) {
    const words = threefry(seed[0], seed[1], step, channel >> 1);
    for (let word = 0; word < 2 && channel + word < count; word++) {
      numbers[channel + word] = ((words[word] >>> 9) + 0.5) * 2 ** -23;
    }
  }
  return numbers;
}

// Coefficients of algorithm AS 241 (Wichura 1988), PPND16: the centre, near and far tails.
const CENTRE = [
  [3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727],
  [1, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
    21213.794301586595867, 39307.895800092710610, 28729.085735721942674, 5226.4952788528545610],
];
const NEAR = [
  [1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
    1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833,
    7.74545014278341407640e-4],
  [1, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
    0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4,
    1.05075007164441684324e-9],
];
const FAR = [
  [6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 0.296560571828504891230,
    0.0265321895265761230930, 0.00124266094738807843860, 2.71155556874348757815e-5,
    2.01033439929228813265e-7],
  [1, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
    2.04426310338993978564e-15],
];

/** The number below which a standard normal number is with a probability in (0, 1). */
export function normalQuantile(probability) {
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-Math.log(Math.min(probability, 1 - probability)));
  const tail = r <= 5 ? ratio(NEAR, r - 1.6) : ratio(FAR, r - 5);
  return q < 0 ? -tail : tail;
}

function ratio(coefficients, x) {
  const [above, below] = coefficients.map((c) => c.reduceRight((sum, each) => sum * x + each, 0));
  return above / below;
}
