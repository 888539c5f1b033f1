// A model of sound: what it draws, as a picture and to listen to.
import { paths, ready, render, send } from "./api.js";
import { button, desk, menu, slider } from "./controls.js";
import { attempt, fill, h, keep, say } from "./dom.js";
import { newSeed } from "./numbers.js";

export function mount(root, model, picker) {
  let events = [];
  let turn = 0;
  const canvas = h("canvas", { class: "frames", role: "img", "aria-label": "Spectrogram: time to the right, pitch upwards, darker is louder" });
  const player = h("audio", { hidden: true, on: { play: () => sounds(), pause: () => sounds() } });
  const told = h("p", { class: "faint", role: "status" });

  async function draw() {
    const mine = ++turn;
    root.dataset.state = "writing";
    say("The model is listening to itself …", 60);
    await ready(model);
    try {
      const answer = await send(paths.at("models", model.name, "write"), {
        seed: newSeed(), num_steps: steps.number, temperature: temperature.number, bias: 0,
      });
      if (mine !== turn) return;
      events = answer.samples[0].events;
      paint();
      const file = await render(model, "wav", { events });
      if (mine !== turn) return;
      URL.revokeObjectURL(player.src);
      player.src = URL.createObjectURL(file);
      listen.disabled = false;
      told.textContent = `${events.length} frames, ${(events.length / answer.frames_per_s).toFixed(1)} s`;
      say("");
    } finally {
      if (mine === turn) root.dataset.state = "idle";
    }
  }

  function paint() {
    const bands = events[0]?.length ?? 1;
    [canvas.width, canvas.height] = [events.length, bands];
    const ink = getComputedStyle(document.body).color.match(/\d+/g).map(Number);
    const context = canvas.getContext("2d");
    const image = context.createImageData(canvas.width, bands);
    const loudest = events.flat().reduce((a, b) => Math.max(a, b), -Infinity);
    events.forEach((row, x) => row.forEach((value, band) => {
      const at = 4 * ((bands - 1 - band) * canvas.width + x);
      image.data.set([...ink.slice(0, 3), 255 * Math.min(1, Math.max(0, 1 + (value - loudest) / 60))], at);
    }));
    context.putImageData(image, 0, 0);
  }

  const sounds = () => (listen.textContent = player.paused ? "Listen" : "Pause");
  const listen = button("Listen", () => (player.paused ? player.play() : player.pause()), { disabled: true });
  const steps = slider({ label: "Length", min: 60, max: 2000, step: 20, value: 500, unit: "frames" });
  const temperature = slider({ label: "Temperature", min: 0, max: 1.5, step: 0.05, value: 0.5 });
  const save = (format) => attempt(async () => events.length
    ? keep(await render(model, format, { events }), `${model.name}.${format}`) : say("There is no sound yet."));
  fill(root, h("div", { class: "paper still" }, h("div", { class: "column" }, canvas, told, player)), desk({
    first: picker, tools: [steps, temperature],
    last: [button("Draw", () => attempt(draw), { class: "main" }), listen, menu("Save", ["wav", "png", "csv"].map((each) => [each.toUpperCase(), () => save(each)]))],
  }));
  return { leave: () => { turn++; player.pause(); } };
}
