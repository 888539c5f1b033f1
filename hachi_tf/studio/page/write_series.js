// A model of series: the fan of what may come.
import { paths, render, ready, send } from "./api.js";
import { button, choice, desk, menu, slider } from "./controls.js";
import { attempt, fill, h, keep, say } from "./dom.js";
import { fan } from "./fan.js";
import { newSeed } from "./numbers.js";

export function mount(root, model, picker) {
  let seed = newSeed();
  let turn = 0;
  let series = "";
  let timer = 0;
  const charts = h("div", { class: "charts", "aria-live": "polite" });
  const which = h("div", { class: "row" });
  const wanted = () => ({
    seed, num_steps: horizon.number, temperature: temperature.number,
    ...(series ? { series } : {}),
  });

  async function draw() {
    const mine = ++turn;
    root.dataset.state = "writing";
    await ready(model);
    let answer;
    try {
      answer = await send(paths.at("models", model.name, "write"), wanted());
    } catch (error) {
      if (mine === turn) fill(charts, h("p", { class: "problem", text: error.message }));
      return;
    } finally {
      if (mine === turn) root.dataset.state = "idle";
    }
    if (mine !== turn) return;
    const names = answer.all_series ?? [];
    if (names.length > 1 && !which.childElementCount) {
      fill(which, choice({
        label: "Series", options: [["", "all"], ...names], value: series,
        changed: (value) => { series = value; redraw(); },
      }));
    }
    fill(charts, answer.samples.flatMap((each) => Object.entries(each.columns).map(([name, column]) =>
      h("figure", {}, h("figcaption", {}, h("strong", { text: [...new Set([each.series, name].filter(Boolean))].join(" · ") }),
        h("span", { class: "faint", text: ` ${column.mean.length} steps ahead, ${unitOf(name)}` })),
      fan(column, each.dates ?? [], name, Math.max(320, Math.min(940, charts.clientWidth)))))));
  }
  const unitOf = (name) => model.columns.find((each) => each.name === name)?.unit || "in the data's unit";
  const redraw = () => attempt(draw);
  const steer = () => {
    clearTimeout(timer);
    timer = setTimeout(redraw, 250);
  };
  const horizon = slider({ label: "Horizon", min: 1, max: Math.min(260, model.max_steps), step: 1, value: model.horizon || 20, unit: "steps", changed: steer });
  const temperature = slider({ label: "Temperature", min: 0, max: 2, step: 0.05, value: 1, changed: steer, hint: "1 is the model as it is; more is wider" });
  const save = (format) => attempt(async () => {
    keep(await render(model, format, wanted()), `${model.name}.${format}`);
    say(`${model.name}.${format} is in your downloads.`);
  });
  fill(root, h("div", { class: "paper still" }, h("div", { class: "column" }, which, charts)), desk({
    first: picker, tools: [horizon, temperature],
    last: [
      button("Again", () => { seed = newSeed(); redraw(); }, { class: "main" }),
      menu("Save", ["svg", "png", "csv", "json"].map((each) => [each.toUpperCase(), () => save(each)])),
    ],
  }));
  redraw();
  return { leave: () => turn++ };
}
