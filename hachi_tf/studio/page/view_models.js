// Models: what there is, what each is, two side by side; rename, delete, download, load, give away.
import { blob, get, models, paths, request, send } from "./api.js";
import { button, menu } from "./controls.js";
import { ask, attempt, fill, h, keep, say } from "./dom.js";
import { bytes, count, figure } from "./numbers.js";

const KINDS = { strokes: "draws strokes", text: "writes text", events: "plays events", series: "forecasts series", frames: "makes sound" };

export async function mount(root, [first, second]) {
  if (first && second) return compare(root, first, second);
  if (first) return one(root, first);
  let all = [];
  let timer = 0;
  let isGone = false;
  let compared = "";
  const list = h("ul", { class: "list models" });

  async function refresh() {
    clearTimeout(timer);
    const found = await models();
    if (isGone) return;
    if (JSON.stringify(found) !== JSON.stringify(all)) fill(list, found.map(item)); // else open menus stay
    all = found;
    if (all.some((model) => model.state === "LOADING")) timer = setTimeout(() => attempt(refresh), 1000);
  }

  function item(model) {
    const go = (path) => () => (location.hash = path);
    const is = [KINDS[model.renderer] ?? model.renderer, model.conditioned ? "from a text" : "",
      model.num_weights ? `${count(model.num_weights)} weights` : "", model.own ? "" : "ready-made"];
    const pick = h("input", { type: "checkbox", "aria-label": `Compare ${model.name}`, checked: compared === model.name });
    pick.addEventListener("change", () => {
      if (compared && compared !== model.name && pick.checked) go(`#/models/${encodeURIComponent(compared)}/${encodeURIComponent(model.name)}`)();
      else compared = pick.checked ? model.name : "";
      hint.hidden = !compared;
    });
    return h("li", { "data-model": model.name },
      h("div", { class: "grow" },
        h("a", { href: `#/models/${encodeURIComponent(model.name)}` }, h("strong", { text: model.name })),
        h("span", { class: model.state === "END" ? "problem" : "faint", text: model.state === "LOADING" ? "is being loaded …" : model.error ?? is.filter(Boolean).join(" · ") })),
      h("label", { class: "compare faint" }, pick, "compare"),
      button("Use", go(`#/write/${encodeURIComponent(model.name)}`), { disabled: model.state === "END", "aria-label": `Use ${model.name}` }),
      actionsMenu(model, () => attempt(refresh)));
  }

  const hint = h("p", { class: "faint", role: "status", hidden: true, text: "Tick another one to see both side by side." });
  fill(root, h("div", { class: "column" },
    h("h1", { text: "Models" }),
    h("p", { class: "lead", text: "A model is a folder that TensorFlow Serving can load; it holds weights and what describes them, nothing of you." }),
    hint, list, loader(() => attempt(refresh))));
  await refresh();
  return { leave: () => { isGone = true; clearTimeout(timer); } };
}

// Load one from a file.
function loader(done) {
  const load = (file) => attempt(async () => {
    if (!file) return;
    const name = await ask({
      title: "Load a model", text: `${file.name}, ${bytes(file.size)}. A model is a program: it is looked through first, and refused if it could do more than compute.`,
      yes: "Load", field: { label: "Name", value: file.name.replace(/\.(tar\.gz|tgz|zip)$/, "").replace(/[^\w.-]+/g, "-") },
    });
    if (!name) return;
    say("Loading; this takes some seconds …", 120);
    await request(`${paths.at("models")}?name=${encodeURIComponent(name)}`, { method: "POST", body: file, type: "application/octet-stream" });
    say(`${name} is ready.`);
    done();
  });
  const input = h("input", { type: "file", class: "hidden", accept: ".gz,.tgz,.zip,.tar", "aria-label": "Load a model" });
  input.addEventListener("change", () => { load(input.files[0]); input.value = ""; });
  return h("p", {}, h("label", { class: "button" }, "Load a model", input));
}

function actionsMenu(model, done) {
  const fetched = (path, name) => () => attempt(async () => {
    say(`Packing ${name} …`, 60);
    const file = await blob(path);
    keep(file, name);
    say(`${name}, ${bytes(file.size)}, is in your downloads.`);
  });
  const entries = [
    ["Download", fetched(paths.at("models", model.name, "download"), `${model.name}.tar.gz`)],
    ["A page to give away", fetched(paths.at("models", model.name, "page"), `${model.name}.html`)],
  ];
  if (model.own && model.state !== "LOADING") {
    entries.push(["Rename", () => attempt(async () => {
      const name = await ask({ title: `Rename ${model.name}`, yes: "Rename", field: { label: "New name", value: model.name } });
      if (!name || name === model.name) return;
      await send(paths.at("models", model.name, "rename"), { name });
      done(name);
    })], ["Delete", () => attempt(async () => {
      const yes = await ask({ title: `Delete ${model.name}?`, text: "The model is gone for good.", yes: "Delete", danger: true });
      if (!yes) return;
      await request(paths.at("models", model.name), { method: "DELETE" });
      say(`${model.name} is deleted.`);
      done(null);
    })]);
  }
  const node = menu("…", entries, { down: true });
  node.firstChild.setAttribute("aria-label", `More with ${model.name}`);
  return node;
}

// What is said of a model, as [name, value] rows.
function facts(said) {
  const flags = said.training?.flags ?? {};
  const metrics = said.metrics ?? {};
  const a = said.unit === "char" ? "character" : said.unit === "byte" ? "byte" : "step";
  return [
    ["What it does", `${KINDS[said.renderer] ?? said.renderer}${said.conditioned ? " from a text" : ""}`],
    ["Learned from", said.source ?? said.data?.source],
    ["Loss, held out", metrics.nats_per_step !== undefined && `${figure(metrics.nats_per_step)} nats a ${a}`],
    ["Guessing", metrics.baseline !== undefined && `${figure(metrics.baseline)} nats a ${a}`],
    ["Better by", metrics.baseline !== undefined && `${figure(metrics.baseline - metrics.nats_per_step)} nats`],
    ["Network", flags.network && `${flags.network}, ${flags.layers} × ${flags.hidden_size} ${flags.cell}`],
    ["Weights", said.num_weights && count(said.num_weights)],
    ["Steps of training", said.training?.step && count(said.training.step)],
    ["Size", said.bytes && bytes(said.bytes)],
    ["Columns", (said.columns ?? []).map((each) => each.name + (each.unit ? ` (${each.unit})` : "")).join(", ")],
    ["Characters", said.alphabet && h("span", { class: "alphabet", text: said.alphabet.replace(/\s/g, "") })],
    ["Styles", (said.has_styles ?? []).join(", ")],
    ["Graph", said.graph],
    ["Made with", said.versions && `hachi_tf ${said.versions.hachi_tf}, TensorFlow ${said.versions.tensorflow}`],
    ["Licence", said.license], ["Credit", said.credit],
  ].filter(([, value]) => value);
}

async function one(root, name) {
  const said = await get(paths.at("models", name));
  const back = (next) => (location.hash = next ? `#/models/${encodeURIComponent(next)}` : "#/models");
  fill(root, h("div", { class: "column" },
    h("p", { class: "back" }, h("a", { href: "#/models", text: "← Models" })),
    h("div", { class: "row between" }, h("h1", { text: name }), h("div", { class: "row" },
      button("Use", () => (location.hash = `#/write/${encodeURIComponent(name)}`), { class: "main" }), actionsMenu(said, back))),
    said.description && h("p", { class: "lead", text: said.description }),
    h("table", { class: "facts" }, h("tbody", {}, facts(said).map(([key, value]) =>
      h("tr", {}, h("th", { scope: "row", text: key }), h("td", {}, value)))))));
  return null;
}

async function compare(root, first, second) {
  const both = await Promise.all([first, second].map((name) => get(paths.at("models", name))));
  const [a, b] = both.map((said) => new Map(facts(said)));
  const keys = [...new Set([...a.keys(), ...b.keys()])];
  fill(root, h("div", { class: "column" },
    h("p", { class: "back" }, h("a", { href: "#/models", text: "← Models" })),
    h("h1", { text: `${first} and ${second}` }),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Comparison" },
      h("table", { class: "facts two" },
        h("thead", {}, h("tr", {}, h("td"), [first, second].map((name) => h("th", { scope: "col" },
          h("a", { href: `#/models/${encodeURIComponent(name)}`, text: name }))))),
        h("tbody", {}, keys.map((key) => h("tr", {}, h("th", { scope: "row", text: key }),
          [a, b].map((side) => h("td", {}, side.get(key) ?? "–")))))))));
  return null;
}
