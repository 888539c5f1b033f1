// A model of text goes on with what one begins, as fast as one reads.
import { predict, render } from "./api.js";
import { button, desk, field, menu, slider } from "./controls.js";
import { attempt, fill, h, keep, say, stillness, tell } from "./dom.js";
import { newSeed } from "./numbers.js";

const CHUNK = 16; // characters

/** Shows the paper. */
export function mount(root, model, picker) {
  let turn = 0;
  let drawn = "";
  let state = null; // to go on from
  let seed = newSeed();
  const begun = h("span", { class: "begun-with" });
  const written = h("span", { class: "continued", "data-written": "" });
  const caret = h("span", { class: "text-caret", "aria-hidden": "true" });
  const page = h("div", { class: "prose" }, begun, written, caret);
  const paper = h("div", { class: "paper still" }, page);
  let decoder = new TextDecoder(); // keeps the bytes of a character that is not whole yet

  const show = (value) => {
    root.dataset.state = value;
    document.body.classList.toggle("writing", value === "writing");
    page.setAttribute("aria-busy", String(value === "writing"));
    go.textContent = value === "writing" ? "Stop" : "Write";
    more.hidden = value === "writing" || !state;
  };
  const pieceOf = (row) => row.text ?? decoder.decode(
    Uint8Array.from(atob(row.text_bytes?.b64 ?? ""), (c) => c.charCodeAt(0)), { stream: true });

  /** Writes on until it is long enough, or stopped. */
  async function write(isNew) {
    const mine = ++turn;
    if (isNew) {
      [drawn, state, decoder] = ["", null, new TextDecoder()];
      begun.textContent = input.value;
      written.textContent = "";
    }
    show("writing");
    const goal = drawn.length + length.number;
    let shown = drawn.length;
    let isOver = false;
    const reading = (async () => {
      while (mine === turn && !(isOver && shown >= drawn.length)) {
        const step = stillness() ? Infinity : Math.max(1, Math.round(pace.number / 30));
        if (shown < drawn.length) {
          shown = Math.min(drawn.length, shown + step);
          written.textContent = drawn.slice(0, shown);
          const edge = caret.offsetTop + 60;
          if (edge > paper.scrollTop + paper.clientHeight) paper.scrollTop = edge - paper.clientHeight;
        }
        await new Promise((resolve) => setTimeout(resolve, 33));
      }
    })();
    try {
      while (mine === turn && drawn.length < goal) {
        if (drawn.length - shown > CHUNK * 2 + pace.number / 3) {
          await new Promise((resolve) => setTimeout(resolve, 30));
          continue;
        }
        const row = {
          seed: [seed, 0], num_steps: Math.min(CHUNK, goal - drawn.length),
          temperature: temperature.number, top_p: top.number,
        };
        const signature = state ? "continue" : input.value ? "sample_primed" : "sample";
        const [answer] = await predict(model, signature, [
          { ...row, ...(state ? { state } : { prime_text: input.value.normalize("NFC") }) }]);
        if (mine !== turn) return;
        if (answer.num_unknown) say(`${answer.num_unknown} characters that this model does not know were left out.`);
        state = answer.state;
        drawn += pieceOf(answer);
        const end = stopAt.value ? drawn.indexOf(stopAt.value.replaceAll("\\n", "\n")) : -1;
        if (end >= 0) [drawn, state] = [drawn.slice(0, end), null];
        if (end >= 0 || answer.ended || answer.lengths < row.num_steps) break;
      }
    } finally {
      isOver = true;
      await reading;
      if (mine === turn) {
        show("idle");
        tell(`${drawn.length} characters are written.`);
      }
    }
  }
  const start = (isNew) => attempt(() => write(isNew));
  function halt() {
    turn++;
    written.textContent = drawn; // what the model can go on from
    show("idle");
  }

  const temperature = slider({ label: "Temperature", min: 0, max: 1.5, step: 0.05, value: 0.7, hint: "0 takes the likeliest; 1 is the model as it is" });
  const top = slider({ label: "Nucleus", min: 0.1, max: 1, step: 0.05, value: 1, hint: "Draws among the likeliest that together have this probability" });
  const length = slider({ label: "Length", min: 50, max: 3000, step: 50, value: 600, unit: model.unit === "byte" ? "bytes" : "chars" });
  const pace = slider({ label: "Pace", min: 10, max: 400, step: 10, value: 60, unit: "/s" });
  const stopAt = field({ label: "Stop at", placeholder: "nothing", size: 6, title: "Ends before these characters; \\n is a new line" });
  const more = button("Go on", () => start(false));
  const go = button("Write", () => {
    if (root.dataset.state === "writing") return halt();
    seed = newSeed();
    return start(true);
  }, { class: "main", title: "Write: Enter. Stop: Escape" });
  const input = h("textarea", {
    id: "text", rows: 1, "aria-label": "Text to begin with", maxlength: 5000, spellcheck: "false",
    placeholder: "Begin a sentence, and press Enter",
    on: {
      input: () => { input.style.height = "auto"; input.style.height = `${Math.min(input.scrollHeight, 160)}px`; },
      keydown: (event) => {
        if (event.key === "Escape") halt();
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        seed = newSeed();
        start(true);
      },
    },
  });
  fill(root, paper, desk({
    input: h("div", { class: "typed" }, input),
    first: picker, tools: [temperature, top, length, pace, stopAt],
    last: [
      more, go,
      menu("Save", [["TXT", () => attempt(async () => {
        const text = begun.textContent + written.textContent;
        keep(await render(model, "txt", { text }), `${model.name}.txt`);
      })], ["Copy", () => attempt(async () => {
        await navigator.clipboard.writeText(begun.textContent + written.textContent);
        say("Copied.");
      })]]),
    ],
  }));
  show("idle");
  input.focus({ preventScroll: true });
  return { leave: () => turn++ };
}
