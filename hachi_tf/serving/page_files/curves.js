// Ink: smooth curves through the points of a stroke, and the line that a text stands on.

const CORNER = Math.cos((60 * Math.PI) / 180); // a pen that turns by more makes a corner
const [OWN_SHARE, OTHER_SHARE] = [1 / 3, 1 / 2];

const shown = (x) => String(Math.round(x * 100) / 100);
const pair = ([x, y]) => `${shown(x)} ${shown(y)}`;
const toward = ([x, y], [dx, dy], share) => [x + dx * share, y + dy * share];

/** The `d` attribute of a stroke through points `[x, y]`; corners stay, one point is a dot. */
export function strokePath(points) {
  const own = points.filter((p, i) => !i || p[0] !== points[i - 1][0] || p[1] !== points[i - 1][1]);
  if (own.length === 1) return `M${pair(own[0])}h.01`;
  const steps = own.slice(1).map((p, i) => [p[0] - own[i][0], p[1] - own[i][1]]);
  const lengths = steps.map(([x, y]) => Math.hypot(x, y));
  // The direction at each inner point is that of the circle through it and its neighbours.
  const directions = own.map((_, i) => {
    if (!i || i === steps.length) return null;
    const [a, b] = [steps[i - 1], steps[i]];
    const [la, lb] = [lengths[i - 1], lengths[i]];
    if ((a[0] * b[0] + a[1] * b[1]) / (la * lb) <= CORNER) return null;
    const mean = [(a[0] / la) * lb + (b[0] / lb) * la, (a[1] / la) * lb + (b[1] / lb) * la];
    const size = Math.hypot(...mean);
    return [mean[0] / size, mean[1] / size];
  });
  let path = `M${pair(own[0])}`;
  steps.forEach((step, i) => {
    const reach = (other) => Math.min(OWN_SHARE * lengths[i], OTHER_SHARE * (other ?? lengths[i]));
    const first = directions[i]
      ? toward(own[i], directions[i], reach(lengths[i - 1]))
      : toward(own[i], step, OWN_SHARE);
    const second = directions[i + 1]
      ? toward(own[i + 1], directions[i + 1], -reach(lengths[i + 1]))
      : toward(own[i + 1], step, -OWN_SHARE);
    path += `C${pair(first)} ${pair(second)} ${pair(own[i + 1])}`;
  });
  return path;
}

/** Least and greatest x and y of strokes: `[left, top, right, bottom]`. */
export function bounds(strokes) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const stroke of strokes) {
    for (const [x, y] of stroke) {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
  }
  return box;
}

const FLOATING = "'\"`^*-~=+–—‘’“”°";
const HANGING = "gjpqyçþµQ,;()[]{}|$§";
const WINDOW = 0.35; // share of the line height

/**
 * The height y that a line of writing stands on.
 *
 * The ink is cut into narrow windows; what is lowest in each is the end of a character, on the line
 * or, for a share of them that follows from the text, below it or above.
 */
export function baseline(strokes, lineHeight, text) {
  const lowest = new Map();
  const see = ([x, y]) => {
    const window = Math.floor(x / (WINDOW * lineHeight));
    lowest.set(window, Math.max(lowest.get(window) ?? -Infinity, y));
  };
  for (const stroke of strokes) {
    stroke.forEach((point, i) => {
      see(point);
      if (!i) return;
      const before = stroke[i - 1];
      for (let k = 1; k < 4; k++) {
        see([before[0] + ((point[0] - before[0]) * k) / 4, before[1] + ((point[1] - before[1]) * k) / 4]);
      }
    });
  }
  const inked = [...text].filter((each) => each.trim());
  const share = (group) => inked.filter((each) => group.includes(each)).length / (inked.length || 1);
  const floating = share(FLOATING);
  const hanging = 0.5 * share(HANGING);
  const levels = [...lowest.values()].sort((a, b) => a - b);
  if (floating === 1) return levels[levels.length >> 1] + 0.5 * lineHeight;
  const at = Math.round((levels.length - 1) * (floating + (1 - floating - hanging) / 2));
  return levels[at] ?? 0;
}
