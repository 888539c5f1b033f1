// Texts as a model reads them: the characters that it knows, and what to do with others.

const BLANK = /^[\p{Zs}\p{Zl}\p{Zp}\p{Cc}\p{Cf}]$/u;

export const isBlank = (character) => BLANK.test(character);

/**
 * A text in the characters that a model knows.
 *
 * Args: text; known, has(character); same, by character what says the same; keep, characters that
 * pass. Returns the text, NFC; `replaced`, pairs of what was written as its nearest; `dropped`.
 */
export function prepare(text, known, same, keep = "") {
  const replaced = new Map();
  const dropped = new Set();
  let result = "";
  for (const character of text.normalize("NFC")) {
    if (known.has(character) || keep.includes(character)) {
      result += character;
      continue;
    }
    const near = nearest(character, known, same);
    if (!near) dropped.add(character);
    else if (!(character in same)) replaced.set(character, near);
    result += near;
  }
  return { text: result, replaced: [...replaced], dropped: [...dropped] };
}

function nearest(character, known, same) {
  if (character in same) return same[character];
  const plain = character.normalize("NFKC");
  const base = character.normalize("NFKD").replace(/\p{M}/gu, "");
  const other = (text) => [text.toLowerCase(), text.toUpperCase()];
  const found = [plain, base, ...other(character), ...other(base)].find(
    (text) => text && [...text].every((each) => known.has(each)),
  );
  return found || "";
}

/** Between texts and the classes of a model of characters or bytes. */
export class TextCodec {
  constructor(model) {
    this.ofBytes = model.unit === "byte";
    this.classes = model.classes.map((name) => (this.ofBytes ? parseInt(name, 16) : name));
    this.index = new Map(this.classes.map((each, index) => [each, index]));
    this.same = model.same;
  }

  /** The classes of a text, and what `prepare` said of it. */
  encode(text) {
    if (this.ofBytes) {
      const bytes = [...new TextEncoder().encode(text)];
      const known = bytes.filter((byte) => this.index.has(byte));
      const dropped = known.length < bytes.length ? ["some bytes"] : [];
      return { classes: known.map((byte) => this.index.get(byte)), replaced: [], dropped };
    }
    const prepared = prepare(text, this.index, this.same);
    return { ...prepared, classes: [...prepared.text].map((each) => this.index.get(each)) };
  }

  /** A function from one class after the other to the text that each adds. */
  decoder() {
    if (!this.ofBytes) return (index) => this.classes[index];
    const utf8 = new TextDecoder();
    return (index) => utf8.decode(Uint8Array.of(this.classes[index]), { stream: true });
  }
}
