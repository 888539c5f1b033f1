// Geometry of ink: points of a pen -> outlines. Knows neither the page nor the server.

const CORNER = Math.cos((65 * Math.PI) / 180); // a sharper turn than this stays a corner
const PARTS = 4; // how many pieces a curve has between two points

/**
 * The strokes of events.
 * @param {number[][]} events - rows of dx, dy, end_of_stroke; y goes down.
 * @param {number[]} start - where the pen is before the first.
 * @returns {number[][][]} strokes, each a list of [x, y]; the last may not have ended yet.
 */
export function toStrokes(events, [x, y] = [0, 0]) {
  const strokes = [];
  let stroke = null;
  for (const [dx, dy, end] of events) {
    x += dx;
    y += dy;
    if (!stroke) strokes.push((stroke = []));
    stroke.push([x, y]);
    if (end > 0.5) stroke = null;
  }
  return strokes;
}

/** Left, top, right and bottom of strokes; null if there is none. */
export function boxOf(strokes) {
  let box = null;
  for (const [x, y] of strokes.flat()) {
    if (!box) box = [x, y, x, y];
    box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
  }
  return box;
}

/** The typical distance between two points of a stroke. */
export function paceOf(strokes) {
  const steps = [];
  for (const stroke of strokes) {
    for (let i = 1; i < stroke.length; i++) steps.push(distance(stroke[i - 1], stroke[i]));
  }
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] || 1;
}

/**
 * The outline of one stroke: a pen that leaves more ink where it is slow.
 * @param {number[][]} points - [x, y] of the stroke.
 * @param {number} width - of the line at the usual speed.
 * @param {number} pace - the usual distance between points.
 * @returns {string} the `d` of an SVG path, to be filled.
 */
export function outline(points, width, pace) {
  const clean = points.filter((each, i) => i === 0 || distance(each, points[i - 1]) > 1e-6);
  if (clean.length === 1) return dot(clean[0], width * 0.62);
  const thick = thickness(clean, width, pace);
  const pieces = [];
  let first = 0;
  for (let i = 1; i < clean.length; i++) {
    if (i === clean.length - 1 || isCorner(clean, i)) {
      pieces.push(ribbon(curve(clean, thick, first, i)));
      first = i;
    }
  }
  return pieces.join("");
}

/** The `d` of plain smooth lines, to be stroked: for small pictures. */
export function line(points) {
  if (points.length === 1) return dot(points[0], 0.01);
  const at = ([x, y]) => `${round(x)} ${round(y)}`;
  let d = `M${at(points[0])}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [a, b] = [points[i], points[i + 1]];
    d += isCorner(points, i) ? `L${at(a)}` : `Q${at(a)} ${at([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2])}`;
  }
  return `${d}L${at(points.at(-1))}`;
}

const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const round = (value) => Math.round(value * 100) / 100;

function dot([x, y], r) {
  const [left, right] = [round(x - r), round(x + r)];
  return `M${left} ${round(y)}A${round(r)} ${round(r)} 0 1 1 ${right} ${round(y)}`
    + `A${round(r)} ${round(r)} 0 1 1 ${left} ${round(y)}Z`;
}

function isCorner(points, i) {
  if (i <= 0 || i >= points.length - 1) return false;
  const [a, b, c] = [points[i - 1], points[i], points[i + 1]];
  const along = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
  return along < CORNER * distance(a, b) * distance(b, c);
}

function thickness(points, width, pace) {
  const raw = points.map((each, i) => {
    const step = distance(each, points[i === 0 ? 1 : i - 1]) / pace;
    return Math.min(1.22, Math.max(0.72, 1.3 - 0.3 * step));
  });
  return raw.map((each, i) => {
    const [before, after] = [raw[Math.max(0, i - 1)], raw[Math.min(raw.length - 1, i + 1)]];
    return (width * (before + 2 * each + after)) / 4;
  });
}

// Catmull-Rom through the points `first` to `last`, as [x, y, radius].
function curve(points, thick, first, last) {
  const found = [];
  for (let i = first; i < last; i++) {
    const [b, c] = [points[i], points[i + 1]];
    const a = i > first ? points[i - 1] : b;
    const d = i + 1 < last ? points[i + 2] : c;
    for (let part = 0; part < PARTS; part++) {
      const t = part / PARTS;
      const spline = (k) => b[k] + 0.5 * t * (c[k] - a[k]
        + t * (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k] + t * (3 * (b[k] - c[k]) + d[k] - a[k])));
      found.push([spline(0), spline(1), (thick[i] + t * (thick[i + 1] - thick[i])) / 2]);
    }
  }
  found.push([points[last][0], points[last][1], thick[last] / 2]);
  return found;
}

function ribbon(points) {
  const left = [];
  const right = [];
  for (let i = 0; i < points.length; i++) {
    const [x, y, radius] = points[i];
    const [a, b] = [points[Math.max(0, i - 1)], points[Math.min(points.length - 1, i + 1)]];
    const size = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
    const [nx, ny] = [(-(b[1] - a[1]) / size) * radius, ((b[0] - a[0]) / size) * radius];
    left.push(`${round(x + nx)} ${round(y + ny)}`);
    right.push(`${round(x - nx)} ${round(y - ny)}`);
  }
  const [start, end] = [round(points[0][2]), round(points.at(-1)[2])];
  return `M${left[0]}L${left.slice(1).join("L")}A${end} ${end} 0 0 0 ${right.at(-1)}`
    + `${right.slice(0, -1).reverse().map((each) => `L${each}`).join("")}A${start} ${start} 0 0 0 ${left[0]}Z`;
}

/**
 * What the letters of a line stand on: the middle one of the lowest points of their strokes.
 * @param {number[][][]} strokes
 * @returns {number} y, downwards.
 */
export function baselineOf(strokes) {
  const lows = [];
  for (const stroke of strokes) {
    stroke.forEach(([, y], i) => {
      const [before, after] = [stroke[i - 1]?.[1] ?? -Infinity, stroke[i + 1]?.[1] ?? -Infinity];
      if (y >= before && y > after) lows.push(y);
    });
  }
  lows.sort((a, b) => a - b);
  return lows.length ? lows[Math.floor(lows.length * 0.55)] : 0;
}
