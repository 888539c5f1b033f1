// Curves over steps as SVG, labelled where they end. Knows no server.
import { h } from "./dom.js";
import { count, figure } from "./numbers.js";

const [TALL, BELOW, ABOVE, LEFT] = [280, 34, 12, 54];

/** Round numbers from low to high, about `wanted` of them. */
export function ticks(low, high, wanted) {
  if (!(high > low)) return [low];
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

/**
 * Draws curves.
 * @param {Object} what - `curves`: [{name, points: [[step, value]], class, dots}], `level` ({name,
 *   value}: a line at one height), `unit` of the values, `width` in pixels.
 * @returns {Element} SVG.
 */
export function chart({ curves, level = null, unit = "", width = 720, lastStep = 0 }) {
  const drawn = curves.filter((curve) => curve.points.length);
  const points = drawn.flatMap((curve) => curve.points).filter(([, value]) => Number.isFinite(value));
  const steps = points.map(([step]) => step);
  const values = clipped(points.map(([, value]) => value));
  if (level) values.push(level.value);
  const right = width < 480 ? 84 : 112;
  const end = Math.max(1, lastStep, ...steps);
  const marks = ticks(Math.min(...values, Infinity), Math.max(...values, -Infinity), 5).filter(Number.isFinite);
  const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const pad = (high - low || 1) * 0.06;
  const x = (step) => LEFT + ((width - LEFT - right) * step) / end;
  const y = (value) => ABOVE + TALL * (1 - (Math.min(value, high + pad) - low + pad) / (high - low + 2 * pad));
  const labels = [];
  const label = (name, value, kind) => labels.push({ name, value, kind, y: y(value) });
  const lines = drawn.map((curve) => {
    const usable = curve.points.filter(([, value]) => Number.isFinite(value));
    if (!usable.length) return null;
    label(curve.name, usable.at(-1)[1], curve.class);
    const d = `M${usable.map(([step, value]) => `${x(step).toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`;
    return [h("svg:path", { class: `curve ${curve.class ?? ""}`, d }),
      curve.dots && usable.map(([step, value]) => h("svg:circle", { class: `point ${curve.class ?? ""}`, cx: x(step), cy: y(value), r: 2.6 },
        h("svg:title", { text: `step ${count(step)}: ${figure(value)}` })))];
  });
  if (level) label(level.name, level.value, "level");
  spread(labels);
  return h("svg:svg", {
    class: "chart", viewBox: `0 0 ${width} ${TALL + ABOVE + BELOW}`, role: "img",
    "aria-label": `Loss over steps, in ${unit}. ${labels.map((each) => `${each.name}: ${figure(each.value)}`).join("; ")}`,
  },
  h("svg:g", { class: "grid" },
    marks.map((value) => [
      h("svg:line", { x1: LEFT, x2: width - right, y1: y(value), y2: y(value) }),
      h("svg:text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end", text: String(value).replace("-", "−") }),
    ]),
    ticks(0, end, width < 480 ? 3 : 6).map((step) => h("svg:text", { x: x(step), y: TALL + ABOVE + 20, "text-anchor": "middle", text: count(step) }))),
  level && h("svg:line", { class: "curve level", x1: LEFT, x2: width - right, y1: y(level.value), y2: y(level.value) }),
  lines,
  labels.map((each) => h("svg:text", { class: `label ${each.kind ?? ""}`, x: width - right + 8, y: each.y },
    h("svg:tspan", { text: each.name }), h("svg:tspan", { class: "value", x: width - right + 8, dy: 15, text: figure(each.value) }))));
}

// Without the few first values that would flatten the rest.
function clipped(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length < 12) return sorted;
  const high = sorted[Math.floor(sorted.length * 0.98)];
  const range = high - sorted[0];
  return sorted.filter((value) => value <= high + range * 0.25);
}

function spread(labels) {
  labels.sort((a, b) => a.y - b.y);
  for (let i = 1; i < labels.length; i++) labels[i].y = Math.max(labels[i].y, labels[i - 1].y + 34);
  let lowest = TALL + ABOVE - 12;
  for (const each of labels.toReversed()) {
    each.y = Math.min(each.y, lowest);
    lowest = each.y - 34;
  }
}
