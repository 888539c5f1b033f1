// A text that goes on from where one began it.

import { button, element, frameBudget, layOut, seedField, slider, textField, Ticker, wantsNoMotion } from "./controls.js";
import { download } from "./sheet.js";

const CHARACTERS_PER_SECOND = 45;
const BEGINNINGS = ["The ", "A "];

export class Story {
  constructor(model, paper, desk) {
    this.model = model;
    this.given = element("span", { className: "given" });
    this.drawn = element("span");
    this.story = element("p", { className: "story", lang: "" }, this.given, this.drawn);
    this.paper = paper;
    paper.append(element("div", { className: "sheet" }, this.story));
    this.ticker = new Ticker((seconds) => this.tick(seconds));
    this.lay(desk);
    const known = ([...text]) => text.every((each) => model.codec.index.has(each));
    this.text.input.value = BEGINNINGS.find(known) ?? "";
    this.restart();
  }

  lay(desk) {
    const { maxSteps } = this.model.description;
    this.text = textField("Text to go on with", "Begin a text", 2000);
    this.temperature = slider("Temperature", {
      ...{ min: 0, max: 1.5, step: 0.05, value: 0.7, digits: 2, hint: "0 takes the likeliest" },
    });
    const most = Math.max(100, Math.min(maxSteps, 5000));
    const unit = this.model.codec.ofBytes ? "bytes" : "characters";
    this.length = slider("Length", { min: 50, max: most, step: 50, value: Math.min(most, 600), digits: 0, hint: unit });
    this.seed = seedField();
    this.button = button("Go on", () => this.toggle(), "plain main");
    const save = button("Save text", () => {
      download("text.txt", this.given.textContent + this.drawn.textContent, "text/plain;charset=utf-8");
    });
    this.say = layOut(
      desk,
      [[this.text.field, element("div", { className: "buttons" }, this.button, save)]],
      [this.temperature.field, this.length.field, this.seed.field],
    );
    this.text.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.seed.draw();
      this.restart();
    });
    this.seed.onChange = () => this.restart();
  }

  toggle() {
    if (this.ticker.running) {
      this.stopped = true;
      return;
    }
    this.seed.draw();
    this.restart();
  }

  restart() {
    const { codec } = this.model;
    const encoded = codec.encode(this.text.input.value);
    const decode = codec.decoder();
    this.given.textContent = encoded.classes.map(decode).join("");
    this.drawn.textContent = "";
    this.decode = decode;
    this.prime = encoded.classes;
    this.sequence = this.model.begin({ seed: this.seed.value });
    this.count = 0;
    this.due = 0;
    this.stopped = false;
    const { replaced, dropped } = encoded;
    const remarks = [
      replaced.length && `read ${replaced.map(([from, to]) => `${from} as ${to}`).join(", ")}`,
      dropped.length && `left out ${dropped.join(" ")}, which it does not know`,
    ].filter(Boolean);
    this.say(remarks.join("; "));
    this.story.classList.add("busy");
    this.button.textContent = "Stop";
    this.ticker.start();
  }

  tick(seconds) {
    const hasTime = frameBudget();
    while (this.prime.length && hasTime()) this.sequence.feed([this.prime.shift()]);
    if (this.prime.length) return true;
    this.due += wantsNoMotion() ? Infinity : seconds * CHARACTERS_PER_SECOND;
    let added = "";
    let goesOn = !this.stopped && this.count < this.length.value;
    while (goesOn && this.due >= 1 && hasTime()) {
      const event = this.sequence.next(0, this.temperature.value);
      if (event) added += this.decode(event[0]);
      this.count++;
      this.due--;
      goesOn = event && this.count < this.length.value;
    }
    this.due = Math.min(this.due, 10);
    const { scrollTop, scrollHeight, clientHeight } = this.paper;
    const isAtEnd = scrollTop + clientHeight > scrollHeight - 80;
    if (added) this.drawn.append(added);
    this.drawn.normalize();
    if (isAtEnd && added) this.paper.scrollTop = this.paper.scrollHeight;
    if (goesOn) return true;
    this.story.classList.remove("busy");
    this.button.textContent = "Go on";
    return false;
  }
}
