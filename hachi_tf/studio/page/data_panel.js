// What is in what is learned from: counts, rare characters, a look at it.
import { blob, get, paths, request } from "./api.js";
import { button } from "./controls.js";
import { ask, attempt, fill, h } from "./dom.js";
import { bytes, count, duration } from "./numbers.js";

const SHOWN = {
  characters: "characters", distinct: "different characters", words: "words", events: "events",
  sequences: "sequences", events_train: "events to learn from", events_validation: "events held out",
  sequences_train: "sequences to learn from", sequences_validation: "sequences held out",
};

/**
 * Fills a place with what is in a source.
 * @param {Element} place
 * @param {string} kind - `data`, `lines` or `source`.
 * @param {string} name
 * @param {Object} known - `sources`, `collections`; `removed` is called when a file was deleted.
 */
export async function describeData(place, kind, name, { sources, collections, removed }) {
  place.dataset.for = `${kind}:${name}`;
  if (kind === "source") {
    const found = sources.find((each) => each.name === name);
    fill(place, h("p", { class: "faint", text: `${found?.title ?? name}: comes with the studio and needs no file.` }));
    return;
  }
  if (kind === "lines") {
    const { lines } = collections.find((each) => each.name === name) ?? { lines: [] };
    const seconds = lines.reduce((sum, line) => sum + line.duration_s, 0);
    fill(place, h("p", { class: "faint", text: `${lines.length} lines, ${duration(seconds)} of writing.` }));
    return;
  }
  fill(place, h("p", { class: "faint", text: `Looking into ${name} …` }));
  let found;
  try {
    found = await get(paths.at("data", name));
  } catch (error) {
    if (place.dataset.for === `${kind}:${name}`) fill(place, h("p", { class: "problem", text: error.message }), remover(name, removed));
    return;
  }
  if (place.dataset.for !== `${kind}:${name}`) return;
  const counts = Object.entries(found.counts).filter(([key, value]) => Number.isFinite(value) && key in SHOWN && !(value === 1 && key.startsWith("sequences"))).slice(0, 6);
  const figures = h("dl", { class: "figures" }, counts.map(([key, value]) =>
    h("div", {}, h("dd", { text: count(value) }), h("dt", { text: SHOWN[key] }))));
  const picture = h("img", { class: "data-picture", alt: `The beginning of ${name}`, hidden: true });
  fill(place, figures,
    found.preview && h("blockquote", { text: found.preview.slice(0, 400) }), picture,
    found.rare?.length ? h("p", { class: "faint" }, "Rare: ",
      found.rare.slice(0, 24).map(([each, times]) => h("span", { class: "rare", title: `${times} times` },
        h("bdi", { text: shown(each) }), h("sub", { text: times })))) : null,
    (found.warnings ?? []).map((each) => h("p", { class: "warning", text: each })),
    remover(name, removed, found.bytes));
  if (!found.preview) {
    blob(paths.at("data", name, "picture.svg")).then((file) => {
      picture.src = URL.createObjectURL(file);
      picture.hidden = false;
    }).catch(() => {});
  }
}

const shown = (letter) => ({ " ": "space", "\n": "new line", "\t": "tab" })[letter] ?? letter;

function remover(name, removed, size = null) {
  return h("p", { class: "row" }, size !== null && h("small", { text: bytes(size) }), button("Delete this file", () => attempt(async () => {
    const yes = await ask({ title: `Delete ${name}?`, text: "Models that learned from it stay.", yes: "Delete", danger: true });
    if (!yes) return;
    await request(paths.at("data", name), { method: "DELETE" });
    await removed();
  }), { class: "quiet danger" }));
}
