// What can be chosen of a training, with what suits each kind of data.
import { choice, field } from "./controls.js";
import { h } from "./dom.js";

const NUMBERS = [
  // key, label, unit, attributes
  ["layers", "Layers", "", { min: 1, max: 8, step: 1 }],
  ["hidden_size", "Hidden size", "cells a layer", { min: 1, max: 2048, step: 1 }],
  ["batch_size", "Batch", "sequences", { min: 1, max: 1024, step: 1 }],
  ["sequence_length", "Window", "steps, 0 for all", { min: 0, max: 10000, step: 1 }],
  ["learning_rate", "Learning rate", "", { min: 0.000001, max: 1, step: "any" }],
  ["dropout", "Dropout", "", { min: 0, max: 0.95, step: 0.05 }],
  ["epochs", "Epochs", "", { min: 0.001, max: 100000, step: "any" }],
  ["validation_fraction", "Held out", "share", { min: 0, max: 0.9, step: 0.01 }],
  ["validate_every", "Look every", "steps", { min: 1, max: 1000000, step: 1 }],
  ["seed", "Seed", "", { min: 0, max: 2147483647, step: 1 }],
];
const CELLS = [["", "LSTM"], ["peephole_lstm", "LSTM with peepholes"], ["gru", "GRU"], ["rnn", "plain"]];
// What suits a source: the rest is the server's own.
const SUITED = {
  text: { layers: 2, hidden_size: 256, batch_size: 32, learning_rate: 0.005, epochs: 20, validate_every: 50 },
  kanji: { layers: 1, hidden_size: 128, batch_size: 64, learning_rate: 0.005, epochs: 20, validate_every: 50 },
  hershey: { layers: 2, hidden_size: 256, batch_size: 32, learning_rate: 0.0015, epochs: 4, validate_every: 50 },
  rhythm: { layers: 1, hidden_size: 128, batch_size: 32, learning_rate: 0.005, epochs: 50, validate_every: 25 },
  lines: { batch_size: 8, learning_rate: 0.0005, epochs: 40, validate_every: 10 },
  other: { layers: 1, hidden_size: 120, batch_size: 16, learning_rate: 0.005, epochs: 50, validate_every: 25 },
};
const WITH_TEXTS = ["hershey", "lines", "pen_lines"]; // what a network that reads texts learns from
const RENDERERS = { text: "text", kanji: "strokes", hershey: "strokes", lines: "strokes", rhythm: "events", midi: "events", event_table: "events", sketch_rnn: "strokes", pen_lines: "strokes", time_series: "series", audio_frames: "frames" };

/**
 * The fields.
 * @param {Object[]} models - that can be gone on from.
 * @returns {{node: Element, suit: function, read: function}}
 */
export function optionFields(models) {
  const fields = Object.fromEntries(NUMBERS.map(([key, label, unit, attributes]) =>
    [key, field({ label, unit, type: "number", inputmode: "decimal", placeholder: "usual", ...attributes })]));
  const minutes = field({ label: "Time", unit: "minutes at most", type: "number", min: 0.1, max: 60000, step: "any", inputmode: "decimal" });
  minutes.input.value = "5";
  const cell = choice({ label: "Cell", options: CELLS, value: "" });
  const from = h("div");
  let begun = null;
  let source = "";

  function offer(isLines) {
    const alike = models.filter((model) => model.renderer === RENDERERS[source]
      && (!WITH_TEXTS.includes(source) || model.conditioned));
    begun = choice({
      label: "Begin with", value: isLines ? alike[0]?.name ?? "" : "",
      options: [["", "an untaught network"], ...alike.map((model) => [model.name, `what ${model.name} knows`])],
      changed: (value) => adapt(value),
    });
    from.replaceChildren(begun);
    adapt(begun.value);
  }
  // A network that knows something already has its size, and learns on gently.
  function adapt(value) {
    for (const key of ["layers", "hidden_size"]) fields[key].input.disabled = Boolean(value);
    cell.select.disabled = Boolean(value);
    const suited = SUITED[source] ?? SUITED.other;
    fields.learning_rate.input.value = value ? 0.0005 : suited.learning_rate ?? "";
  }

  const node = h("fieldset", { class: "options" }, h("legend", { text: "How" }),
    h("div", { class: "grid-fields" }, minutes, from),
    h("details", { class: "fold more" }, h("summary", { text: "The network and its learning" }),
      h("div", { class: "grid-fields" }, Object.values(fields).slice(0, 2), cell, Object.values(fields).slice(2))));

  return {
    node,
    /** Puts in what suits the data. */
    suit(kind, name, sourceName) {
      source = kind === "lines" ? "lines" : String(sourceName).split("(")[0];
      const suited = SUITED[source] ?? SUITED.other;
      for (const [key, each] of Object.entries(fields)) each.input.value = suited[key] ?? "";
      offer(kind === "lines");
    },
    /** The options as the server wants them; what is empty is its own choice. */
    read() {
      const bad = node.querySelector("input:invalid:not(:disabled)");
      if (bad) {
        bad.closest("details")?.setAttribute("open", "");
        bad.focus();
        throw new Error(`${bad.labels[0].textContent}: ${bad.validationMessage}`);
      }
      const options = {};
      for (const [key, each] of Object.entries(fields)) {
        if (each.value !== "" && !each.input.disabled) options[key] = Number(each.value);
      }
      if (minutes.value !== "") options.max_minutes = Number(minutes.value);
      if (cell.value && !cell.select.disabled) options.cell = cell.value;
      if (begun?.value) options.init_from = begun.value;
      else if (WITH_TEXTS.includes(source)) options.network = "synthesis";
      return options;
    },
  };
}
