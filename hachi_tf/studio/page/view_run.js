// One training: its loss as it falls, samples as it learns, time left; stop, go on, use.
import { blob, get, paths, request, send } from "./api.js";
import { chart } from "./chart.js";
import { button } from "./controls.js";
import { ask, attempt, fill, h, say } from "./dom.js";
import { count, duration, figure } from "./numbers.js";
import { STATES } from "./view_train.js";

const LOOK_MS = 1000;

export async function mount(root, name) {
  const rows = new Map(); // by step and split
  let run = await get(paths.at("runs", name));
  let timer = 0;
  let isGone = false;
  let lastSample = "";
  const state = h("p", { class: "state", role: "status", "aria-live": "polite" });
  const figures = h("dl", { class: "figures" });
  const place = h("div", { class: "chart-place" });
  const sample = h("figure", { class: "sample", hidden: true });
  const actions = h("div", { class: "row" });
  const bar = h("progress", { max: 1, "aria-label": "How much of the training is done" });
  const log = h("pre", { class: "log", tabindex: "0", "aria-label": "Log" });

  const unit = () => `nats a ${run.unit ?? "step"}`;

  async function look() {
    clearTimeout(timer);
    try {
      const next = await get(paths.at("runs", name));
      if (next.step < run.step) rows.clear();
      run = next;
      const last = Math.max(-1, ...[...rows.values()].map((row) => row.step));
      const found = await get(`${paths.at("runs", name, "metrics")}?after=${last - 1}`);
      for (const row of found.rows) rows.set(`${row.step} ${row.split}`, row);
      if (isGone) return;
      show();
      await showSample();
    } catch (error) {
      if (isGone) return;
      if (error.status === 404) { location.hash = "#/train"; return; }
      state.textContent = error.status === 0 ? "The server does not answer; the training goes on without it. Trying again …" : error.message;
    }
    if (isGone) return;
    const isMoving = ["queued", "running"].includes(run.state) || state.textContent.startsWith("The server");
    timer = setTimeout(look, isMoving ? LOOK_MS : 5000);
  }

  function show() {
    root.dataset.state = run.state;
    const gain = run.baseline !== null && run.validation_loss !== null ? run.baseline - run.validation_loss : null;
    const said = [
      run.stopping ? "saving, then it stops" : STATES[run.state] ?? run.state,
      run.state === "running" && !run.step ? "reading the data" : "",
    ].filter(Boolean).join(", ");
    const shown = said[0].toUpperCase() + said.slice(1);
    if (state.textContent !== shown) state.textContent = shown; // which is heard only when it changes
    fill(figures, [
      ["Step", run.of_steps ? `${count(run.step)} of ${count(run.of_steps)}` : count(run.step ?? 0)],
      [`Held out, ${unit()}`, figure(run.validation_loss), "held-out"],
      ["Better than guessing by", gain === null ? "–" : `${figure(gain)} nats`],
      ["Time so far", duration(run.elapsed_s) || "–"],
      ...(run.state === "running" && run.left_s !== null ? [["Left, about", duration(run.left_s), "left"]] : []),
    ].map(([label, value, kind]) => h("div", { "data-figure": kind }, h("dd", { text: value }), h("dt", { text: label }))));
    const share = run.of_steps ? run.step / run.of_steps : run.left_s !== null ? run.elapsed_s / (run.elapsed_s + run.left_s) : 0;
    bar.value = run.state === "finished" ? 1 : Math.min(1, share || 0);
    bar.hidden = run.state !== "running";
    draw();
    if (run.error) fill(log, h("span", { class: "problem", text: run.error }));
    else log.textContent = (run.log ?? []).join("\n");
    act();
  }

  function draw() {
    const of = (split) => [...rows.values()].filter((row) => row.split === split)
      .sort((a, b) => a.step - b.step).map((row) => [row.step, row.nats_per_step]);
    const [train, held] = [of("train"), of("validation")];
    if (!train.length && !held.length) {
      fill(place, h("p", { class: "faint empty", text: run.state === "running" ? "The first figures come in a moment." : "There are no figures yet." }));
      return;
    }
    fill(place, chart({
      curves: [
        { name: "learned from", points: train, class: "quiet" },
        { name: "held out", points: held, dots: held.length < 60 },
      ],
      level: run.baseline === null ? null : { name: "guessing", value: run.baseline },
      unit: unit(), width: Math.max(320, Math.min(960, place.clientWidth || 720)), lastStep: run.state === "running" ? Math.max(run.step, 1) : 0,
    }), h("p", { class: "faint caption", text: `Loss, ${unit()}, over steps: lower is better. Guessing knows how often things come, and nothing of their order.` }));
  }

  async function showSample() {
    const names = (await get(paths.at("runs", name, "samples"))).samples.filter((each) => /\.(png|svg|txt)$/.test(each));
    const newest = names.at(-1);
    if (!newest || newest === lastSample) return;
    lastSample = newest;
    const file = await blob(paths.at("runs", name, "samples", newest));
    const step = Number(/\d+/.exec(newest)?.[0] ?? 0);
    const caption = h("figcaption", { class: "faint", text: `What it draws after ${count(step)} steps` });
    if (newest.endsWith(".txt")) fill(sample, h("blockquote", { text: (await file.text()).slice(0, 900) }), caption);
    else {
      const picture = h("img", { alt: `Samples after ${step} steps` });
      picture.src = URL.createObjectURL(file);
      picture.onload = () => URL.revokeObjectURL(picture.src);
      fill(sample, picture, caption);
    }
    sample.hidden = false;
  }

  let shownActions = "";
  function act() {
    const key = `${run.state} ${run.can_export} ${run.can_resume} ${run.stopping}`;
    if (key === shownActions) return;
    shownActions = key;
    const isActive = ["running", "queued"].includes(run.state);
    fill(actions,
      isActive && button(run.state === "queued" ? "Take it out of the queue" : "Stop", () => attempt(async () => {
        await send(paths.at("runs", name, "stop"));
        await look();
      }), { disabled: Boolean(run.stopping) }),
      run.can_resume && button("Go on", () => attempt(goOn)),
      run.can_export && button("Export and use", () => attempt(exported), { class: "main" }),
      !isActive && button("Delete", () => attempt(remove), { class: "danger" }));
  }

  async function goOn() {
    const minutes = await ask({ title: "Go on learning", yes: "Go on", field: { label: "Minutes at most", type: "number", value: run.options?.max_minutes || 5 } });
    if (!minutes) return;
    await send(paths.at("runs", name, "resume"), { max_minutes: Number(minutes) });
    await look();
  }

  async function exported() {
    const wanted = await ask({ title: "Export and use", text: "The best weights so far become a model.", yes: "Export", field: { label: "Name of the model", value: name } });
    if (!wanted) return;
    say("Exporting; this takes some seconds …", 120);
    const model = await send(paths.at("runs", name, "export"), { name: wanted });
    say(`${model.name ?? wanted} is ready.`);
    location.hash = `#/write/${encodeURIComponent(model.name ?? wanted)}`;
  }

  async function remove() {
    const yes = await ask({ title: `Delete ${name}?`, text: "Its weights and figures are gone for good; models exported from it stay.", yes: "Delete", danger: true });
    if (!yes) return;
    await request(paths.at("runs", name), { method: "DELETE" });
    location.hash = "#/train";
  }

  fill(root, h("div", { class: "column run" },
    h("p", { class: "back" }, h("a", { href: "#/train", text: "← Train" })),
    h("h1", { text: name }), state, bar, figures, place, actions, sample,
    h("details", { class: "fold more" }, h("summary", { text: "Log" }), log)));
  await look();
  const resized = () => draw();
  addEventListener("resize", resized);
  return { leave: () => { isGone = true; clearTimeout(timer); removeEventListener("resize", resized); } };
}
