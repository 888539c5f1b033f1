// Draws one sample of a model of strokes and writes it as SVG; needs Node 18 or newer only.
// usage: node sample.mjs http://localhost:8501 kanji kanji.svg [SEED] [TEXT]
// TEXT is for models that read one. TOKEN=... in the environment for a server that wants one.
import { writeFile } from "node:fs/promises";

const [url, model, file, seed = "7", text = ""] = process.argv.slice(2);
const inputs = { seed: [[Number(seed), 0]], num_steps: [2000], bias: [0.5], temperature: [1.0] };
if (text) Object.assign(inputs, { text: [text.normalize("NFC")], style: [""] });

const headers = { "Content-Type": "application/json" };
if (process.env.TOKEN) headers.Authorization = `Bearer ${process.env.TOKEN}`;
try {
  const response = await fetch(`${url}/v1/models/${encodeURIComponent(model)}:predict`, {
    method: "POST",
    headers,
    body: JSON.stringify({ inputs }),
    signal: AbortSignal.timeout(60_000),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  await writeFile(file, svg(answer.outputs.events[0].slice(0, answer.outputs.lengths[0])));
} catch (error) {
  console.error(error.cause?.message ?? error.message);
  process.exitCode = 1;
}

// Pen differences [dx, dy, end_of_stroke] -> one path; y points down, as in SVG.
function svg(events) {
  let [x, y, path, isDown] = [0, 0, "M0 0", false];
  const xs = [0];
  const ys = [0];
  for (const [dx, dy, end] of events) {
    xs.push((x += dx));
    ys.push((y += dy));
    path += ` ${isDown ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`;
    isDown = end < 0.5;
  }
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const margin = (width + height) / 20;
  const box = [left - margin, top - margin, width + 2 * margin, height + 2 * margin];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box.join(" ")}">
<path d="${path}" fill="none" stroke="#111" stroke-linecap="round" stroke-linejoin="round"
 stroke-width="${margin / 4}"/>
</svg>
`;
}
