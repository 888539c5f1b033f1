// A piano roll, or lanes where events are no notes, as SVG. Knows no server.
import { h } from "./dom.js";

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const [TALLEST, LOWEST] = [460, 230]; // pixels

/** The columns that say what a note is; null where events are no notes. */
function notesOf(columns) {
  const find = (word) => columns.findIndex((each) => each.name.toLowerCase().includes(word));
  const found = {
    time: columns.findIndex((each) => each.name === "time"), pitch: find("pitch"),
    velocity: find("velocity"), duration: find("duration"), channel: find("channel"),
  };
  return found.pitch >= 0 && found.time >= 0 ? found : null;
}

/** Events as things at times: delays are added up. */
export function toTimed(events, columns) {
  const notes = notesOf(columns);
  const at = columns.findIndex((each) => each.name === "time");
  let time = 0;
  return events.map((row, index) => {
    time += at >= 0 ? row[at] : index ? 1 : 0;
    if (!notes) return { time, row };
    const classes = columns[notes.channel]?.classes ?? [];
    return {
      time, row,
      pitch: row[notes.pitch],
      velocity: notes.velocity >= 0 ? row[notes.velocity] : 80,
      duration: notes.duration >= 0 ? row[notes.duration] : 0.2,
      channel: notes.channel < 0 ? "1" : classes[Math.round(row[notes.channel])] ?? String(row[notes.channel]),
    };
  });
}

/** Draws things at times, as many as there are by now. */
export class Roll {
  /** @param {Object[]} columns - of the schema; `perSecond` pixels a second. */
  constructor(columns, perSecond = 84) {
    Object.assign(this, { columns, perSecond, count: 0 });
    this.tall = Math.round(Math.min(TALLEST, Math.max(LOWEST, innerHeight * 0.46)));
    this.isNotes = Boolean(notesOf(columns));
    this.lanes = columns.filter((each) => each.name !== "time");
    this.grid = h("svg:g", { class: "grid" });
    this.marks = h("svg:g", { class: "notes" });
    this.names = h("svg:g", { class: "grid names" });
    this.head = h("svg:line", { class: "head", y1: 0, y2: this.tall, visibility: "hidden" });
    this.svg = h("svg:svg", { class: "roll", role: "img", "aria-label": "Piano roll" }, this.grid, this.marks, this.head, this.names);
    this.scroller = h("div", { class: "roll-window", tabindex: "0", role: "region", "aria-label": "Piano roll, scrolls sideways" }, this.svg);
    this.scroller.addEventListener("scroll", () =>
      this.names.setAttribute("transform", `translate(${this.scroller.scrollLeft} 0)`));
    this.low = 36;
    this.high = 84;
    this.ranges = this.lanes.map(() => [Infinity, -Infinity]);
  }

  /** Shows events; those drawn before must be the same, or `count` be set back. */
  draw(timed, seconds) {
    this.seconds = Math.max(seconds, 8, timed.at(-1) ? timed.at(-1).time + (timed.at(-1).duration ?? 0) : 0);
    const width = this.seconds * this.perSecond + 60;
    if (this.isNotes && this.#stretch(timed)) this.count = 0;
    if (!this.isNotes && this.#widen(timed)) this.count = 0;
    while (this.marks.childElementCount > this.count) this.marks.lastChild.remove();
    this.svg.setAttribute("viewBox", `-44 -8 ${width + 44} ${this.tall + 36}`);
    this.svg.style.width = `${width + 44}px`;
    this.svg.style.height = `${this.tall + 36}px`;
    this.#rule();
    for (const each of timed.slice(this.count)) this.marks.append(this.isNotes ? this.#note(each) : this.#point(each));
    this.count = timed.length;
  }

  /** Where the playing is; the window follows. */
  play(time) {
    this.head.setAttribute("visibility", time === null ? "hidden" : "visible");
    if (time === null) return;
    const x = time * this.perSecond;
    this.head.setAttribute("x1", x);
    this.head.setAttribute("x2", x);
    const target = x - this.scroller.clientWidth * 0.4;
    this.scroller.scrollLeft = Math.max(0, target);
  }

  /** Inks the notes that sound. */
  sound(index, isOn) {
    this.marks.children[index]?.classList.toggle("on", isOn);
  }

  #stretch(timed) {
    const pitches = timed.map((each) => each.pitch);
    const [low, high] = [Math.min(this.low, ...pitches), Math.max(this.high, ...pitches)];
    const hasChanged = low !== this.low || high !== this.high;
    [this.low, this.high] = [low, high];
    return hasChanged;
  }

  #widen(timed) {
    let hasChanged = false;
    for (const { row } of timed.slice(this.count)) {
      this.lanes.forEach((lane, i) => {
        const value = row[this.columns.indexOf(lane)];
        const range = this.ranges[i];
        if (value < range[0]) [range[0], hasChanged] = [value, true];
        if (value > range[1]) [range[1], hasChanged] = [value, true];
      });
    }
    return hasChanged;
  }

  #y = (pitch) => this.tall * (1 - (pitch - this.low + 0.5) / (this.high - this.low + 1));

  #rule() {
    const [lines, names] = [[], []];
    const width = this.seconds * this.perSecond;
    const level = (y, text) => {
      lines.push(h("svg:line", { x1: 0, x2: width, y1: y, y2: y }));
      names.push(h("svg:text", { x: -8, y: y + 4, "text-anchor": "end", text }));
    };
    if (this.isNotes) {
      for (let pitch = Math.ceil(this.low / 12) * 12; pitch <= this.high; pitch += 12) {
        level(this.#y(pitch), `${NAMES[pitch % 12]}${pitch / 12 - 1}`);
      }
    } else {
      this.lanes.forEach((lane, i) => level(((i + 1) * this.tall) / this.lanes.length, lane.name));
    }
    for (let second = 0; second <= this.seconds; second += 2) {
      lines.push(h("svg:text", { x: second * this.perSecond, y: this.tall + 22, "text-anchor": "middle", text: `${second} s` }));
    }
    this.grid.replaceChildren(...lines);
    this.names.replaceChildren(...names);
  }

  #note({ time, pitch, duration, velocity, channel }) {
    const tall = this.tall / (this.high - this.low + 1);
    const mark = h("svg:rect", {
      class: `note c${Number(channel) === 10 ? "drum" : (Number(channel) || 0) % 4}`, rx: 1.5,
      x: time * this.perSecond, y: this.#y(pitch) - tall / 2,
      width: Math.max(3, duration * this.perSecond - 1.5), height: Math.max(2, tall - 0.8),
      opacity: 0.35 + (0.65 * Math.min(127, velocity)) / 127,
    }, h("svg:title", { text: `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}, ${time.toFixed(2)} s` }));
    return mark;
  }

  #point({ time, row }) {
    const tall = this.tall / this.lanes.length;
    return h("svg:g", {}, this.lanes.map((lane, i) => {
      const [low, high] = this.ranges[i];
      const share = high > low ? (row[this.columns.indexOf(lane)] - low) / (high - low) : 0.5;
      return h("svg:circle", { class: `note c${i % 4}`, cx: time * this.perSecond, cy: tall * (i + 0.92 - 0.84 * share), r: 2.4 });
    }));
  }
}
