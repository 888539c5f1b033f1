// Type, and the pen writes: a model of strokes that reads a text.
import { get, paths, render } from "./api.js";
import { button, choice, desk, menu, slider } from "./controls.js";
import { attempt, fill, h, keep, say, tell } from "./dom.js";
import { handOf } from "./line.js";
import { Pen } from "./pen.js";
import { Sheet } from "./sheet.js";
import { spell } from "./wrap.js";
import { Writer } from "./writer.js";

const RATE_HZ = 40; // points, where a model does not say

/** Shows the sheet. */
export async function mount(root, model, picker) {
  const isWide = innerWidth >= 720;
  const advance = model.scale?.advance ?? 15;
  const letter = (model.scale?.line_height ?? 20) * 1.1;
  const columns = isWide ? 42 : 24;
  const sheet = new Sheet({
    width: columns * advance * 1.04, pitch: letter * 2.35, letter, pen: letter * 0.098,
    pace: model.scale?.point_spacing ?? letter / 5,
  });
  let prime = null;
  const scroller = h("div", { class: "paper", on: { click: () => input.focus() } },
    sheet.svg);
  const follow = () => {
    const scale = sheet.svg.clientWidth / sheet.svg.viewBox.baseVal.width || 1;
    const low = (sheet.base(pen.index) + letter * 2) * scale;
    if (low > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = low - scroller.clientHeight;
    const isWriting = !pen.isIdle && pen.lines.some((line) => line.drawn);
    document.body.classList.toggle("writing", isWriting);
    go.textContent = pen.isIdle ? "Again" : "Stop";
    const state = pen.isIdle ? "idle" : "writing";
    if (state === "idle" && root.dataset.state === "writing") tell("Written.");
    root.dataset.state = state;
  };
  const pen = new Pen(sheet, { rate: model.pen_rate_hz ?? RATE_HZ, moved: follow });
  const settings = () => ({
    bias: bias.number, temperature: temperature.number, prime,
    style: prime || style.value.startsWith("own:") ? "" : style.value,
  });
  const writer = new Writer({
    model, pen, columns, settings,
    failed: (error) => say(error.message, 12),
  });
  const steer = () => writer.text && writer.steer();
  const bias = slider({
    label: "Bias", min: 0, max: 5, step: 0.1, value: 1, changed: steer,
    hint: "0 is the model as it is; more is neater",
  });
  const temperature = slider({
    label: "Temperature", min: 0, max: 1.5, step: 0.05, value: 1, changed: steer,
    hint: "1 is the model as it is; more is wilder",
  });
  const speed = slider({
    label: "Pen speed", min: 0.5, max: 10, step: 0.5, value: 2, unit: "×",
    changed: (value) => (pen.speed = value),
  });
  pen.speed = 2;
  const style = await styles(model, async (value) => {
    const own = value.startsWith("own:") && await attempt(() => ownLine(value.slice(4), model));
    prime = own ? handOf(own.events, own.text) : null;
    if (writer.text) writer.again(writer.seed);
  });
  const type = () => {
    const { text, missing } = spell(input.value, model.alphabet ?? "");
    if (missing.length) say(`This model does not know ${missing.join(" ")}; left out.`);
    sessionStorage.setItem("hachi-text", input.value);
    writer.write(text, true);
    grow();
  };
  const grow = () => {
    input.style.height = "auto";
    input.style.height = `${Math.min(input.scrollHeight, innerHeight * 0.25)}px`;
  };
  const input = h("textarea", {
    id: "text", rows: 1, "aria-label": "Text to write", placeholder: "Type, and the pen writes",
    maxlength: 4000, spellcheck: "false", autocapitalize: "sentences",
    on: {
      input: type,
      keydown: (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && writer.text) writer.again();
        if (event.key === "Escape") writer.stop();
      },
    },
  });
  const go = button("Again", () => {
    if (!pen.isIdle) writer.stop();
    else if (writer.text) writer.again();
  }, { title: "Again: another time, Ctrl+Enter. Stop: Escape" });
  const save = (format, more = {}) => attempt(async () => {
    const written = pen.lines.filter((line) => line.drawn);
    if (!written.length) return say("There is nothing on the sheet yet.");
    say(`Making the ${format.toUpperCase()} …`);
    const lines = written.map((line) => line.events.slice(0, line.drawn));
    const texts = written.map((line) => line.text);
    const file = await render(model, format, { lines, texts, ...more });
    const suffix = file.type.includes("zip") ? "zip" : format;
    keep(file, `${model.name}.${suffix}`);
    return say(`${model.name}.${suffix} is in your downloads.`);
  });
  const formats = ["svg", "png", "gif"].map((each) => [each.toUpperCase(), () => save(each)]);
  fill(root, scroller, desk({
    input: h("div", { class: "typed" }, input),
    first: picker,
    tools: [style, bias, temperature, speed],
    last: [go, menu("Save", [...formats, ["A4 page, SVG", () => save("svg", { page: { size: "A4" } })]])],
  }));
  pen.wake();
  input.value = sessionStorage.getItem("hachi-text") ?? "";
  if (input.value) type();
  input.focus({ preventScroll: true });
  return { leave: () => writer.end() };
}

// The styles of the export, and the lines that the person has drawn.
async function styles(model, changed) {
  const built = (model.styles ?? model.has_styles ?? []).map((each) => each.name ?? each);
  let own = [];
  try {
    own = (await get(paths.at("lines"))).collections;
  } catch { /* without lines of one's own */ }
  const options = [["", "a new one each time"], ...built.map((each) => [each, each])];
  for (const each of own) {
    for (const line of each.lines) options.push([`own:${each.name}/${line.id}`, `mine: ${line.text}`.slice(0, 32)]);
  }
  const asked = localStorage.getItem("hachi-hand") ?? "";
  localStorage.removeItem("hachi-hand");
  const value = options.some(([key]) => key === asked) ? asked : "";
  const found = choice({ label: "Hand", options, value, changed });
  if (value) await changed(value);
  return found;
}

const ownLine = (name, model) => {
  const [collection, line] = name.split("/");
  return get(`${paths.at("lines", collection, line, "events")}?model=${encodeURIComponent(model.name)}`);
};
