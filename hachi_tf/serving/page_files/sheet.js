// Paper: strokes as SVG on the screen and as files.

import { strokePath } from "./curves.js";

const NAMESPACE = "http://www.w3.org/2000/svg";

/** A new SVG element. */
export function svgElement(name, attributes = {}) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** Strokes that grow event by event: `[dx, dy, end_of_stroke]`, from the origin, the pen down. */
export class Strokes {
  constructor() {
    this.strokes = [[[0, 0]]];
    this.at = [0, 0];
    this.isUp = false;
  }

  add([dx, dy, end]) {
    this.at = [this.at[0] + dx, this.at[1] + dy];
    if (this.isUp) this.strokes.push([this.at]);
    else this.strokes.at(-1).push(this.at);
    this.isUp = end > 0.5;
  }
}

/** Strokes as paths of a group; `show` brings those that changed up to date. */
export class InkGroup {
  constructor(parent) {
    this.group = svgElement("g");
    this.paths = [];
    parent.append(this.group);
  }

  show(strokes) {
    for (let i = Math.max(this.paths.length - 1, 0); i < strokes.length; i++) {
      if (!this.paths[i]) {
        this.paths[i] = svgElement("path");
        this.group.append(this.paths[i]);
      }
      this.paths[i].setAttribute("d", strokePath(strokes[i]));
    }
  }

  remove() {
    this.group.remove();
  }
}

/**
 * An SVG document, one path a stroke in the order of drawing, and nothing else.
 *
 * Args: box, `[left, top, width, height]`; penWidth; groups, pairs of an offset `[x, y]` and strokes.
 */
export function svgDocument(box, penWidth, groups) {
  const size = 1000 / Math.max(box[2], 1e-9); // pixels a unit
  const lines = groups.map(([[x, y], strokes]) => {
    const paths = strokes.map((points) => {
      const moved = points.map(([a, b]) => [(a + x - box[0]) * size, (b + y - box[1]) * size]);
      return `<path d="${strokePath(moved)}"/>`;
    });
    return `<g>\n${paths.join("\n")}\n</g>`;
  });
  const height = Math.ceil(box[3] * size);
  return `<svg xmlns="${NAMESPACE}" width="1000" height="${height}" viewBox="0 0 1000 ${height}" ` +
    `style="background:#fff">\n<g fill="none" stroke="#1d2a44" stroke-linecap="round" ` +
    `stroke-linejoin="round" stroke-width="${(penWidth * size).toFixed(2)}">\n` +
    `${lines.join("\n")}\n</g>\n</svg>\n`;
}

/** Offers a file to keep. */
export function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
