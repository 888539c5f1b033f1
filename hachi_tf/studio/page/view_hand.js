// My hand: lines written by the person, to write in, to keep, to learn from.
import { blob, get, models, paths, request, send } from "./api.js";
import { button, choice, field } from "./controls.js";
import { ask, attempt, fill, h, keep, say } from "./dom.js";
import { DrawPad } from "./drawpad.js";
import { bytes, count } from "./numbers.js";

const ENOUGH = 40; // lines, for learning a hand
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

export async function mount(root) {
  let [{ collections }, { prompts }, all] = await Promise.all([
    get(paths.at("lines")), get(paths.at("prompts")), models(),
  ]);
  const writers = all.filter((model) => model.renderer === "strokes" && model.conditioned);
  let name = localStorage.getItem("hachi-collection") ?? collections[0]?.name ?? "my-hand";
  const lines = () => collections.find((each) => each.name === name)?.lines ?? [];

  const pad = new DrawPad(() => show());
  const says = field({ label: "What the line says", maxlength: 120, spellcheck: "false", on: { input: () => show() } });
  says.classList.add("says");
  const keeping = button("Keep this line", () => attempt(keepLine), { class: "main", disabled: true });
  const undo = button("Undo", () => pad.undo(), { disabled: true });
  const clear = button("Clear", () => pad.clear(), { disabled: true });
  const told = h("p", { class: "faint", role: "status" });
  const list = h("ul", { class: "lines" });
  const tools = h("div", { class: "row" });
  const chosen = h("div", { class: "row" });

  function show() {
    undo.disabled = clear.disabled = pad.isEmpty;
    keeping.disabled = pad.isEmpty || !says.value.trim();
  }

  async function keepLine() {
    await send(paths.at("lines", name), { text: says.value.trim(), strokes: pad.strokes });
    pad.clear();
    await refresh();
    next();
    say(`Kept: ${lines().length} ${lines().length === 1 ? "line" : "lines"} in ${name}.`);
  }

  // The next sentence that is not written yet.
  function next(skip = 0) {
    const written = new Set(lines().map((line) => line.text));
    const left = prompts.filter((each) => !written.has(each));
    const choices = left.length ? left : prompts;
    const at = choices.indexOf(says.value);
    says.input.value = choices[at < 0 ? 0 : (at + skip) % choices.length] ?? "";
    show();
  }

  async function refresh() {
    ({ collections } = await get(paths.at("lines")));
    listed();
  }

  function listed() {
    const options = [...new Set([name, ...collections.map((each) => each.name)])];
    fill(chosen, choice({
      label: "Collection", value: name, options: [...options, ["", "new …"]],
      changed: (value) => attempt(() => choose(value)),
    }));
    const text = lines().map((line) => line.text.toLowerCase()).join("");
    const missing = LETTERS.filter((letter) => !text.includes(letter));
    told.textContent = !lines().length ? "Write the sentence as you always do; time and order are kept."
      : `${lines().length} of some ${ENOUGH} lines that a hand is learned from. `
        + (missing.length ? `Still without ${missing.join(" ")}.` : "All small letters are there.");
    fill(tools, button("Download", () => attempt(download), { disabled: !lines().length, title: "A file that train accepts" }),
      button("Delete all", () => attempt(removeAll), { class: "danger", disabled: !lines().length }),
      button("Learn my hand", () => attempt(learn), { disabled: !lines().length || !writers.length }));
    fill(list, lines().map(lineItem).reverse());
  }

  function lineItem(line) {
    const picture = h("img", { alt: `${line.text}, by hand` });
    blob(paths.at("lines", name, `${line.id}.svg`)).then((file) => { picture.src = URL.createObjectURL(file); }).catch(() => {});
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    return h("li", {}, picture, h("div", { class: "row" },
      h("span", { class: "grow" }, line.text, " ", h("small", { text: `${line.num_strokes} strokes, ${line.duration_s.toFixed(1)} s` })),
      button("Write in this hand", () => {
        localStorage.setItem("hachi-hand", `own:${name}/${line.id}`);
        location.hash = `#/write/${encodeURIComponent(writers[0]?.name ?? "")}`;
      }, { class: "quiet", disabled: !writers.length }),
      button("Delete", () => attempt(async () => {
        if (!(await ask({ title: "Delete this line?", text: line.text, yes: "Delete", danger: true }))) return;
        await request(paths.at("lines", name, line.id), { method: "DELETE" });
        await refresh();
      }), { class: "quiet danger", "aria-label": `Delete ${line.text}` })));
  }

  async function choose(value) {
    const wanted = value || await ask({
      title: "A new collection", text: "Letters, digits, . _ and -", yes: "Begin", field: { label: "Name", value: "" },
    });
    if (wanted) name = wanted.replace(/\s+/g, "-");
    localStorage.setItem("hachi-collection", name);
    listed();
    next();
  }

  async function download() {
    const file = await blob(paths.at("lines", name, "file"));
    keep(file, `${name}.json`);
    say(`${name}.json, ${bytes(file.size)}, is in your downloads.`);
  }

  async function removeAll() {
    const yes = await ask({ title: `Delete ${name}?`, text: `${count(lines().length)} lines are gone for good.`, yes: "Delete", danger: true });
    if (!yes) return;
    await request(paths.at("lines", name), { method: "DELETE" });
    await refresh();
    next();
  }

  async function learn() {
    const few = lines().length < 10 ? " These are few lines: it will know them, and little else." : "";
    const yes = await ask({
      title: "Learn my hand",
      text: `${writers[0].name} goes on learning from ${lines().length} lines for up to five minutes.${few}`,
      yes: "Begin",
    });
    if (!yes) return;
    const run = await send(paths.at("runs"), {
      lines: name,
      options: { init_from: writers[0].name, batch_size: 8, learning_rate: 0.0005, epochs: 40, max_minutes: 5, validate_every: 10 },
    });
    location.hash = `#/train/${encodeURIComponent(run.name)}`;
  }

  fill(root, h("div", { class: "column hand" },
    h("h1", { text: "My hand" }),
    h("p", { class: "lead", text: "Write a line as you always do. One is enough to write in your hand; some forty teach it." }),
    h("div", { class: "row between" }, says, button("Another sentence", () => next(1), { class: "quiet" })),
    pad.svg,
    h("div", { class: "row between" }, chosen, h("div", { class: "row" }, undo, clear, keeping)),
    h("div", { class: "row between" }, told, tools), list));
  listed();
  next();
  pad.fit();
  const resized = () => pad.isEmpty && pad.fit();
  addEventListener("resize", resized);
  return { leave: () => removeEventListener("resize", resized) };
}
