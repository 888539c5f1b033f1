// Texts for the pen: lines that fit the sheet, in characters that the model knows.

const PLAIN = new Map(Object.entries({
  "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u201b": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2013": "-", "\u2014": "-", "\u2010": "-",
  "\u2011": "-", "\u2212": "-", "\u2026": "...", "\u00a0": " ", "\u202f": " ", "\t": " ", "\u00ab": '"', "\u00bb": '"', "\u00df": "ss",
  "\u00e6": "ae", "\u0153": "oe", "\u00f8": "o", "\u00d7": "x",
}));

/**
 * A text in a model's characters.
 * @param {string} text - in any form.
 * @param {string} alphabet - all characters that the model knows; empty for no limit.
 * @returns {{text: string, missing: string[]}} the nearest text, and what had to be left out.
 */
export function spell(text, alphabet) {
  const missing = new Set();
  const known = new Set([...alphabet, "\n", " "]);
  let spelt = "";
  for (const letter of text.normalize("NFC")) {
    if (!alphabet || known.has(letter)) {
      spelt += letter;
      continue;
    }
    const bare = [...letter.normalize("NFD")][0];
    const other = [PLAIN.get(letter), bare].find(
      (each) => each && [...each].every((c) => known.has(c)));
    if (other) spelt += other;
    else missing.add(letter);
  }
  return { text: spelt, missing: [...missing] };
}

/**
 * Breaks a text into lines; blank lines stay.
 * @param {string} text
 * @param {number} width - the most characters of a line; longer words are cut.
 * @returns {string[]}
 */
export function wrap(text, width) {
  const lines = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (let word of paragraph.split(" ").filter(Boolean)) {
      while ([...word].length > width) {
        if (line) lines.push(line);
        line = "";
        lines.push([...word].slice(0, width).join(""));
        word = [...word].slice(width).join("");
      }
      if (line && [...line].length + 1 + [...word].length > width) {
        lines.push(line);
        line = word;
      } else line = line ? `${line} ${word}` : word;
    }
    lines.push(line);
  }
  while (lines.length > 1 && !lines.at(-1)) lines.pop();
  return lines;
}
