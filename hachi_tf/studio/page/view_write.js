// The first screen: the chosen model's own way of being written with, played or looked at.
import { models, ready } from "./api.js";
import { choice } from "./controls.js";
import { fill, h, say } from "./dom.js";

const KINDS = {
  text: () => import("./write_text.js"),
  wall: () => import("./write_wall.js"),
  prose: () => import("./write_prose.js"),
  events: () => import("./write_events.js"),
  series: () => import("./write_series.js"),
  frames: () => import("./write_frames.js"),
};
const NAMES = { strokes: "strokes", text: "text", events: "events", series: "series", frames: "sound" };

/** Which of the kinds a model is. */
function kindOf(model) {
  if (model.renderer === "strokes") return model.conditioned ? "text" : "wall";
  return model.renderer === "text" ? "prose" : KINDS[model.renderer] ? model.renderer : "events";
}

/** Shows the model that the address names, or the one used last, or the first that writes texts. */
export async function mount(root, [wanted]) {
  const all = (await models()).filter((model) => model.state !== "END");
  if (!all.length) {
    fill(root, h("div", { class: "column" }, h("h1", { text: "An empty sheet" }),
      h("p", { class: "lead" }, "There is no model to write with yet. ",
        h("a", { href: "#/train", text: "Train one" }), " or ",
        h("a", { href: "#/models", text: "load one" }), ".")));
    return null;
  }
  const last = wanted ?? localStorage.getItem("hachi-model");
  const model = all.find((each) => each.name === last)
    ?? all.find((each) => kindOf(each) === "text") ?? all[0];
  localStorage.setItem("hachi-model", model.name);
  const picker = choice({
    label: "Model", id: "model", value: model.name,
    options: all.map((each) => [each.name, `${each.name} · ${NAMES[each.renderer] ?? each.renderer}`]),
    changed: (name) => (location.hash = `#/write/${encodeURIComponent(name)}`),
  });
  root.dataset.kind = kindOf(model);
  const kind = await KINDS[kindOf(model)]();
  if (model.state !== "AVAILABLE") {
    say(`${model.name} is being loaded; it begins as soon as it can.`, 120);
    ready(model).then(() => say(`${model.name} is there.`, 2), (error) => say(error.message, 12));
  }
  return kind.mount(root, model, picker);
}
