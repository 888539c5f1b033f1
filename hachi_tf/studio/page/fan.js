// A fan chart: what was, and how what comes is spread. Knows no server.
import { h } from "./dom.js";
import { ticks } from "./chart.js";
import { figure } from "./numbers.js";

const [TALL, LEFT, BELOW] = [300, 52, 28];

/**
 * @param {Object} column - `history`, `mean`, `quantiles` by level, `paths`.
 * @param {string[]} dates - of history and forecast.
 * @param {string} name - of the column.
 * @param {number} wide - in pixels.
 * @returns {Element} SVG.
 */
export function fan(column, dates, name, wide) {
  const { history, quantiles, mean } = column;
  const count = history.length + mean.length;
  const levels = Object.keys(quantiles).sort((a, b) => a - b);
  const all = [...history, ...mean, ...quantiles[levels[0]], ...quantiles[levels.at(-1)]].filter(Number.isFinite);
  const marks = ticks(Math.min(...all), Math.max(...all), 5);
  const [low, high] = [Math.min(marks[0], ...all), Math.max(marks.at(-1), ...all)];
  const x = (index) => LEFT + ((wide - LEFT - 12) * index) / Math.max(1, count - 1);
  const y = (value) => 10 + (TALL - 20) * (1 - (value - low) / (high - low || 1));
  const at = (index, value) => `${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
  const first = history.length - 1;
  const now = history.at(-1);
  const forward = (values) => [now, ...values].map((value, i) => at(first + i, value));
  const bands = [];
  for (let i = 0; i < Math.floor(levels.length / 2); i++) {
    const [below, above] = [forward(quantiles[levels[i]]), forward(quantiles[levels[levels.length - 1 - i]])];
    bands.push(h("svg:path", { class: "band", d: `M${below.join("L")}L${above.reverse().join("L")}Z` },
      h("svg:title", { text: `${Math.round(levels[i] * 100)} to ${Math.round(levels[levels.length - 1 - i] * 100)} %` })));
  }
  const middle = quantiles["0.5"] ?? mean;
  const past = history.map((value, i) => (Number.isFinite(value) ? at(i, value) : null)).filter(Boolean);
  const shown = wide < 560 ? [0, count - 1] : [0, first, count - 1];
  return h("svg:svg", {
    class: "chart fan", viewBox: `0 0 ${wide} ${TALL + BELOW}`, role: "img",
    "aria-label": `${name}: last ${figure(now)}, in ${mean.length} steps ${figure(middle.at(-1))}, `
      + `between ${figure(quantiles[levels[0]].at(-1))} and ${figure(quantiles[levels.at(-1)].at(-1))} `
      + `with ${Math.round((levels.at(-1) - levels[0]) * 100)} %`,
  },
  h("svg:g", { class: "grid" }, marks.map((value) => [
    h("svg:line", { x1: LEFT, x2: wide - 12, y1: y(value), y2: y(value) }),
    h("svg:text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end", text: String(value).replace("-", "−") }),
  ])),
  bands,
  (column.paths ?? []).slice(0, 6).map((path) => h("svg:path", { class: "path", d: `M${forward(path).join("L")}` })),
  h("svg:path", { class: "curve", d: `M${past.join("L")}` }),
  h("svg:path", { class: "curve middle", d: `M${forward(middle).join("L")}` }),
  h("svg:g", { class: "grid" }, shown.map((index, i) => h("svg:text", {
    "text-anchor": index === 0 ? "start" : "end", dx: index === first ? -18 : 0, x: x(index), y: TALL + 18, text: dates[index] ?? "",
  }))));
}
