// Brings the model and what a person sees together.

import { element } from "./controls.js";
import { Model } from "./sampler.js";
import { Story } from "./story.js";
import { Wall } from "./wall.js";
import { Writing } from "./writing.js";

const VIEWS = { handwriting: Writing, strokes: Wall, text: Story };

export function main() {
  const content = (id) => document.getElementById(id).textContent;
  const description = JSON.parse(content("model"));
  const paper = document.getElementById("paper");
  document.getElementById("name").textContent = description.name;
  const root = document.documentElement;
  document.getElementById("theme").addEventListener("click", () => {
    const isDark = getComputedStyle(root).colorScheme === "dark";
    root.dataset.theme = isDark ? "light" : "dark";
  });
  const model = new Model(description, content("weights"), content("styles"));
  const view = new VIEWS[description.kind](model, paper, document.getElementById("desk"));
  const credits = [description.credit && `Learned from: ${description.credit}`];
  if (description.licence) credits.push(`licence: ${description.licence}`);
  const said = credits.filter(Boolean).join("; ");
  paper.append(element("p", { className: "colophon" }, said + (said && ". "), "Made with hachi_tf."));
  // For the console, and for pages of one's own: hachi.model.sample({seed: 7, text: "..."}).
  globalThis.hachi = { model, view };
}

main();
