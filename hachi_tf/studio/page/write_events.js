// A model of events composes while it plays: a piano roll, and a small band.
import { predict, render } from "./api.js";
import { button, desk, menu, slider } from "./controls.js";
import { attempt, fill, h, keep, say } from "./dom.js";
import { newSeed } from "./numbers.js";
import { Roll, toTimed } from "./roll.js";
import { Band } from "./sound.js";

const CHUNK = 24; // events
const AHEAD_S = 6; // of music, before it is heard
const FIRST_S = 12;
const KEPT_S = 0.8; // after the playing, which sliders do not change any more

export function mount(root, model, picker) {
  let seed = newSeed();
  let events = [];
  let timed = [];
  let marks = []; // states along the way: {count, time, state}
  let hasEnded = false;
  let version = 0;
  let composing = null; // a promise, while it composes
  let isSaving = false; // and so all of it is wanted
  let at = 0; // seconds: where the playing is, or will begin
  let frame = 0;
  const roll = new Roll(model.columns);
  const band = new Band();

  function clear() {
    [events, timed, marks, hasEnded, at] = [[], [], [], false, 0];
    version++;
    roll.count = 0;
    roll.draw([], length.number);
  }
  const composed = () => timed.at(-1)?.time ?? 0;
  function goal() {
    if (isSaving) return length.number;
    return Math.min(length.number, band.isPlaying ? band.time + AHEAD_S + 2 : Math.max(FIRST_S, at + AHEAD_S));
  }

  /** Composes until there is enough; whoever asks meanwhile waits for the same. */
  function compose() {
    composing ??= draw().finally(() => { composing = null; });
    return composing;
  }
  async function draw() {
    while (!hasEnded && composed() < goal()) {
      const mine = version;
      const mark = marks.at(-1);
      const row = { seed: [seed, 0], num_steps: CHUNK, bias: bias.number, temperature: temperature.number };
      const [drawn] = await predict(model, mark ? "continue" : "sample", [mark ? { ...row, state: mark.state } : row]);
      if (mine !== version) continue;
      events.push(...drawn.events.slice(0, drawn.lengths));
      timed = toTimed(events, model.columns);
      marks.push({ count: events.length, time: composed(), state: drawn.state });
      hasEnded = drawn.ended || drawn.lengths < CHUNK;
      roll.draw(timed, length.number);
      told.textContent = `${events.length} events, ${composed().toFixed(0)} s`;
    }
  }
  const more = () => attempt(compose);

  /** Has what comes after the playing follow the sliders. */
  function steer() {
    const now = (band.isPlaying ? band.time : at) + (band.isPlaying ? KEPT_S : 0);
    while (marks.length && marks.at(-1).time > now) marks.pop();
    events.length = marks.at(-1)?.count ?? 0;
    timed = toTimed(events, model.columns);
    hasEnded = false;
    version++;
    roll.count = Math.min(roll.count, events.length);
    roll.draw(timed, length.number);
    more();
  }

  function play() {
    if (band.isPlaying) return pause();
    if (at >= composed() - 0.05 && (hasEnded || at >= length.number)) at = 0;
    band.play(at, (from, to) => timed.filter((each) => each.time >= from && each.time < to && each.pitch !== undefined));
    root.dataset.state = "playing";
    playing.textContent = "Pause";
    document.body.classList.add("writing");
    const turn = () => {
      at = band.time;
      roll.play(at);
      timed.forEach((each, i) => roll.sound(i, each.time <= at && at < each.time + Math.max(0.12, each.duration ?? 0.12)));
      const end = hasEnded ? composed() + 0.6 : length.number;
      if (at >= end) return pause();
      more();
      frame = requestAnimationFrame(turn);
      return undefined;
    };
    frame = requestAnimationFrame(turn);
    return undefined;
  }
  function pause() {
    cancelAnimationFrame(frame);
    band.stop();
    root.dataset.state = "idle";
    playing.textContent = "Play";
    document.body.classList.remove("writing");
  }
  function again() {
    const wasPlaying = band.isPlaying;
    pause();
    seed = newSeed();
    clear();
    attempt(async () => {
      await compose();
      if (wasPlaying) play();
    });
  }

  const temperature = slider({ label: "Temperature", min: 0, max: 1.5, step: 0.05, value: 0.8, changed: steer, hint: "1 is the model as it is; more is wilder" });
  const bias = slider({ label: "Bias", min: 0, max: 3, step: 0.1, value: 0, changed: steer, hint: "0 is the model as it is; more is steadier" });
  const length = slider({ label: "Length", min: 8, max: 180, step: 4, value: 48, unit: "s", changed: () => { roll.draw(timed, length.number); more(); } });
  const volume = slider({
    label: "Volume", min: 0, max: 100, step: 5, value: 70, unit: "%",
    changed: (value) => { band.volume = value / 100; if (band.out) band.out.gain.value = band.volume; },
  });
  const told = h("p", { class: "faint told" });
  const save = (format) => attempt(async () => {
    isSaving = true;
    try {
      await compose();
    } finally {
      isSaving = false;
    }
    keep(await render(model, format, { events }), `${model.name}.${format}`);
    say(`${model.name}.${format} is in your downloads.`);
  });
  const playing = button("Play", play, { class: "main", disabled: !roll.isNotes });
  const formats = roll.isNotes ? ["mid", "csv", "svg", "png"] : ["csv", "json", "svg", "png"];
  fill(root, h("div", { class: "paper still" }, roll.scroller, told), desk({
    first: picker, tools: [temperature, bias, length, volume],
    last: [button("Again", again), playing, menu("Save", formats.map((each) => [each.toUpperCase(), () => save(each)]))],
  }));
  root.dataset.state = "idle";
  clear();
  more();
  return { leave: () => { pause(); version++; hasEnded = true; } };
}
