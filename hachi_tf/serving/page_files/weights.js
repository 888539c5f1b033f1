// From base64 to float32 arrays.

/** The bytes that base64 stands for. */
export function fromBase64(text) {
  const characters = atob(text.trim());
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** Numbers of 16 bits, as IEEE 754 has them, little-endian. */
export function fromHalves(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < numbers.length; i++) {
    const bits = view.getUint16(2 * i, true);
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    numbers[i] = bits & 0x8000 ? -size : size;
  }
  return numbers;
}

/** Numbers of 32 bits, little-endian. */
export function fromFloats(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Arrays by name, cut from all numbers in order; `tensors` are pairs of name and shape. */
export function cutTensors(numbers, tensors) {
  const found = {};
  let start = 0;
  for (const [name, shape] of tensors) {
    const size = shape.reduce((product, each) => product * each, 1);
    found[name] = numbers.subarray(start, start + size);
    start += size;
  }
  if (start !== numbers.length) throw new Error("The weights are not those of this network.");
  return found;
}

/**
 * Rows `from` to `to` of a matrix `[.., columns]`, four columns side by side, as `addProduct` reads
 * it: `[columns / 4, to - from, 4]`, zeros for columns that are not there.
 */
export function inFours(matrix, columns, from, to) {
  const rows = to - from;
  const result = new Float32Array(Math.ceil(columns / 4) * rows * 4);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const group = column >> 2;
      result[(group * rows + row) * 4 + (column & 3)] = matrix[(from + row) * columns + column];
    }
  }
  return result;
}

/** Room for so many sums, and for what fills up the last four. */
export const sumsOf = (count) => new Float64Array(Math.ceil(count / 4) * 4);
