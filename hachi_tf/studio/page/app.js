// The frame: which view is shown, dark or light.
import { fill, h, say } from "./dom.js";

const VIEWS = {
  write: () => import("./view_write.js"),
  hand: () => import("./view_hand.js"),
  train: () => import("./view_train.js"),
  models: () => import("./view_models.js"),
};
const main = document.getElementById("main");
let shown = null;
let turn = 0;

/** The parts of the address: #/models/kanji is ["models", "kanji"]. */
const route = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean)
  .map((part) => { try { return decodeURIComponent(part); } catch { return part; } });

async function show() {
  const [name = "write", ...rest] = route();
  const view = VIEWS[name] ? name : "write";
  const mine = ++turn;
  for (const link of document.querySelectorAll("#edge nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  shown?.leave?.();
  shown = null;
  document.body.classList.remove("writing");
  stage.hidden = view !== "write";
  if (view !== "write") setStage(false);
  const root = h("section", { class: `view ${view}`, "aria-busy": "true" });
  fill(main, root);
  try {
    const { mount } = await VIEWS[view]();
    if (mine !== turn) return;
    const mounted = await mount(root, rest);
    if (mine !== turn) mounted?.leave?.();
    else shown = mounted;
  } catch (error) {
    if (mine !== turn) return;
    fill(root, h("div", { class: "column" },
      h("p", { class: "problem", text: error.message }),
      h("p", {}, h("button", { type: "button", text: "Try again", on: { click: show } }))));
  }
  root.removeAttribute("aria-busy");
  document.title = `${view === "hand" ? "My hand" : view[0].toUpperCase() + view.slice(1)} · studio`;
}

function theme(next) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  if (next) document.documentElement.dataset.theme = next;
  const is = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.getElementById("theme").setAttribute("aria-label", is === "dark" ? "Make it light" : "Make it dark");
  return is;
}

document.getElementById("theme").addEventListener("click", () => {
  const next = theme() === "dark" ? "light" : "dark";
  localStorage.setItem("hachi-theme", next);
  theme(next);
});
// On stage there is only the sheet: what is typed goes onto it as before.
const stage = document.getElementById("stage");
function setStage(isOn) {
  document.body.classList.toggle("stage", isOn);
  stage.setAttribute("aria-pressed", String(isOn));
  if (isOn) {
    document.documentElement.requestFullscreen?.().catch(() => {});
    document.getElementById("text")?.focus({ preventScroll: true });
  } else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}
stage.addEventListener("click", () => setStage(!document.body.classList.contains("stage")));
document.addEventListener("fullscreenchange", () => document.fullscreenElement || setStage(false));
addEventListener("keydown", (event) => event.key === "Escape" && setStage(false));
theme(localStorage.getItem("hachi-theme"));
addEventListener("hashchange", () => { say(""); show().then(() => {
    if (!main.contains(document.activeElement)) main.focus({ preventScroll: true });
  }); });
show();
