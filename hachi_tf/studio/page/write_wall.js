// A wall of drawings that nobody has seen: a model of strokes that reads no text.
import { predict, render } from "./api.js";
import { button, desk, menu, slider } from "./controls.js";
import { attempt, fill, h, keep, say, tell } from "./dom.js";
import { newSeed } from "./numbers.js";
import { Drawing, Hands } from "./wall.js";

const AT_ONCE = 8; // drawings of a request
const RATE_HZ = 22;
const STEPS = 700;

export function mount(root, model, picker) {
  let seed = newSeed();
  let turn = 0;
  const cells = [];
  const wall = h("div", { class: "wall" });
  const hands = new Hands(() => (model.pen_rate_hz ?? RATE_HZ) * speed.number, () => { state("idle"); tell(`${cells.length} drawings are there.`); });
  const state = (value) => {
    root.dataset.state = value;
    document.body.classList.toggle("writing", value === "writing");
  };

  function size(count) {
    while (cells.length > count) cells.pop().node.remove();
    while (cells.length < count) {
      const drawing = new Drawing();
      const cell = { drawing };
      const number = cells.length + 1;
      cell.node = h("button", {
        type: "button", class: "cell", "aria-label": `Drawing ${number}: look closer`,
        on: { click: () => closer(cell, number) },
      }, drawing.svg);
      cells.push(cell);
      wall.append(cell.node);
    }
  }

  /** Draws all; `share` of each is there at once. */
  async function draw(share = 0) {
    const mine = ++turn;
    size(many.number);
    state("writing");
    const row = (index) => ({
      seed: [seed, index], num_steps: Math.min(STEPS, model.max_steps),
      bias: bias.number, temperature: temperature.number,
    });
    for (let first = 0; first < cells.length; first += AT_ONCE) {
      const rows = cells.slice(first, first + AT_ONCE).map((_, i) => row(first + i));
      const drawn = await predict(model, "sample", rows);
      if (mine !== turn) return;
      drawn.forEach((each, i) => {
        const cell = cells[first + i];
        cell.drawing.set(each.events.slice(0, each.lengths), share);
      });
      hands.go(cells.map((cell) => cell.drawing));
    }
  }
  const redraw = (share) => attempt(() => draw(share));
  let timer = 0;
  const steer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => redraw(1), 120);
  };

  function closer(cell, number) {
    const large = new Drawing();
    large.set(cell.drawing.events);
    const hand = new Hands(() => (model.pen_rate_hz ?? RATE_HZ) * 2);
    const save = (format) => attempt(async () =>
      keep(await render(model, format, { events: cell.drawing.events }), `${model.name}-${number}.${format}`));
    const dialog = h("dialog", { class: "closer", "aria-label": `Drawing ${number}` }, large.svg,
      h("div", { class: "row end" },
        button("Draw again", () => { large.set(cell.drawing.events); hand.go([large]); }, { class: "quiet" }),
        ["svg", "png", "gif"].map((each) => button(each.toUpperCase(), () => save(each))),
        button("Close", () => dialog.close(), { class: "main" })));
    dialog.addEventListener("close", () => { hand.end(); dialog.remove(); cell.node.focus(); });
    root.append(dialog);
    dialog.showModal();
    hand.go([large]);
  }

  const bias = slider({ label: "Bias", min: 0, max: 3, step: 0.1, value: 0.5, changed: steer, hint: "0 is the model as it is; more is neater" });
  const temperature = slider({ label: "Temperature", min: 0, max: 1.5, step: 0.05, value: 1, changed: steer, hint: "1 is the model as it is; more is wilder" });
  const speed = slider({ label: "Pen speed", min: 0.5, max: 10, step: 0.5, value: 2, unit: "×" });
  const many = slider({ label: "Drawings", min: 4, max: 48, step: 4, value: innerWidth < 720 ? 12 : 24, changed: steer });
  const save = (format) => attempt(async () => {
    const lines = cells.map((cell) => cell.drawing.events).filter((each) => each.length);
    say(`Making the ${format.toUpperCase()} …`);
    keep(await render(model, format, { lines }), `${model.name}.${format}`);
    say(`${model.name}.${format} is in your downloads.`);
  });
  fill(root, h("div", { class: "paper still" }, wall), desk({
    first: picker, tools: [bias, temperature, many, speed],
    last: [
      button("Again", () => { seed = newSeed(); redraw(); }, { class: "main" }),
      menu("Save all", ["svg", "png", "gif"].map((each) => [each.toUpperCase(), () => save(each)])),
    ],
  }));
  size(many.number);
  redraw();
  return { leave: () => { turn++; hands.end(); } };
}
