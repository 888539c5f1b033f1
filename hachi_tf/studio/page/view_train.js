// Train: what is learned from, how large, how long; and the trainings that there are.
import { get, models, paths, request, send } from "./api.js";
import { button, choice, field } from "./controls.js";
import { ask, attempt, fill, h, say } from "./dom.js";
import { describeData } from "./data_panel.js";
import { bytes, duration, figure } from "./numbers.js";
import { optionFields } from "./train_options.js";

export const STATES = {
  queued: "waits for its turn", running: "learning", stopped: "stopped", finished: "finished",
  failed: "failed", interrupted: "interrupted",
};

export async function mount(root, [run]) {
  if (run) return (await import("./view_run.js")).mount(root, run);
  let [{ data, sources }, all, { collections }] = await Promise.all([
    get(paths.at("data")), models(), get(paths.at("lines")),
  ]);
  let timer = 0;
  let isGone = false;
  const runs = h("div", { class: "runs" });
  const what = h("div", { class: "what", "aria-live": "polite" });
  const picker = h("div", { class: "row grow" });
  const builtIn = () => sources.filter((each) => !each.needs_file);
  const last = localStorage.getItem("hachi-data");

  function pick(wanted) {
    const options = [
      ...data.map((each) => [`data:${each.name}`, `${each.name} · ${each.what}, ${bytes(each.bytes)}`]),
      ...collections.map((each) => [`lines:${each.name}`, `${each.name} · ${each.lines.length} lines by hand`]),
      ...builtIn().map((each) => [`source:${each.name}`, each.title]),
    ];
    const value = options.some(([key]) => key === wanted) ? wanted : options[0]?.[0];
    const select = choice({ label: "Learn from", options, value, changed: (next) => choose(next) });
    fill(picker, select, h("label", { class: "button" }, "Upload a file",
      h("input", { type: "file", class: "hidden", "aria-label": "Upload a file", on: { change: (event) => upload(event.target.files[0]) } })));
    choose(select.value);
  }

  let chosen = "";
  function choose(value) {
    chosen = value;
    localStorage.setItem("hachi-data", value);
    const [kind, name] = split(value);
    options.suit(kind, name, data.find((each) => each.name === name)?.source ?? name);
    attempt(() => describeData(what, kind, name, { sources, collections, removed: refreshData }));
  }
  const split = (value) => [value.slice(0, value.indexOf(":")), value.slice(value.indexOf(":") + 1)];

  async function refreshData(wanted) {
    ({ data, sources } = await get(paths.at("data")));
    pick(wanted);
  }

  async function upload(file) {
    if (!file) return;
    await attempt(async () => {
      const name = file.name.replace(/[^\w.-]+/g, "-").replace(/^[.-]+/, "") || "data";
      if (data.some((each) => each.name === name)) {
        const yes = await ask({ title: `Replace ${name}?`, text: "There is a file of this name already.", yes: "Replace", danger: true });
        if (!yes) return;
        await request(paths.at("data", name), { method: "DELETE" });
      }
      say(`Uploading ${name}, ${bytes(file.size)} …`, 600);
      await request(paths.at("data", name), { method: "PUT", body: file, type: "application/octet-stream" });
      say(`${name} is here.`);
      await refreshData(`data:${name}`);
    });
  }

  const options = optionFields(all.filter((model) => model.state !== "END"));
  const naming = field({ label: "Name", placeholder: "by itself", maxlength: 64, size: 12 });
  const start = button("Start learning", () => attempt(begin), { class: "main" });
  async function begin() {
    const [kind, name] = split(chosen);
    start.disabled = true;
    try {
      const asked = { [kind]: name, options: options.read() };
      if (naming.value.trim()) asked.name = naming.value.trim().replace(/\s+/g, "-");
      const run = await send(paths.at("runs"), asked);
      location.hash = `#/train/${encodeURIComponent(run.name)}`;
    } finally {
      start.disabled = false;
    }
  }

  async function list() {
    try {
      const found = (await get(paths.at("runs"))).runs;
      if (isGone) return;
      const focused = runs.contains(document.activeElement) && document.activeElement.getAttribute("href");
      fill(runs, found.length ? [h("h2", { text: "Trainings" }), h("ul", { class: "list" }, found.map(runItem))] : []);
      if (focused) [...runs.querySelectorAll("a")].find((each) => each.getAttribute("href") === focused)?.focus();
    } catch (error) {
      if (isGone) return;
      if (error.status !== 0) say(error.message);
    }
    timer = setTimeout(list, 3000);
  }

  fill(root, h("div", { class: "column train", on: {
    dragover: (event) => event.preventDefault(),
    drop: (event) => { event.preventDefault(); upload(event.dataTransfer.files[0]); },
  } },
  h("h1", { text: "Train" }),
  h("p", { class: "lead", text: "Choose what to learn from, or drop a file here: text, MIDI, tables, series, drawings, sound. It stays on this computer." }),
  picker, what, options.node,
  h("div", { class: "row start" }, naming, start), runs));
  pick(last);
  await list();
  return { leave: () => { isGone = true; clearTimeout(timer); } };
}

function runItem(run) {
  const told = [
    STATES[run.state] ?? run.state,
    run.step ? `step ${run.step}${run.of_steps ? ` of ${run.of_steps}` : ""}` : "",
    run.validation_loss !== null ? `${figure(run.validation_loss)} nats a ${run.unit}` : "",
    run.state === "running" && run.left_s !== null ? `${duration(run.left_s)} left` : "",
  ].filter(Boolean).join(" · ");
  return h("li", { "data-state": run.state },
    h("a", { href: `#/train/${encodeURIComponent(run.name)}` }, h("strong", { text: run.name })),
    h("span", { class: "faint", text: told }));
}
