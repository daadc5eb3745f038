/** The embedded byte-level BPE, from its tokenizer.json: the ids that Python finds, for every text. */

/** GPT-2's pieces of a text (Radford et al. 2019): words with the space before them, numbers, signs, spaces. */
const PIECES =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** GPT-2's letters for the 256 bytes: a printable byte is itself, the others follow from U+0100 on. */
const LETTERS = (() => {
  const printable = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let others = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : 256 + others++));
})();
const BYTES = new Map(LETTERS.map((letter, byte) => [letter, byte]));

export class Tokenizer {
  /** file: the content of tokenizer.json. */
  constructor(file) {
    this.ids = new Map(Object.entries(file.model.vocab));
    this.symbols = [...this.ids.keys()];
    this.ids.forEach((id, symbol) => (this.symbols[id] = symbol));
    this.ranks = new Map(file.model.merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
    this.special = new Map(file.added_tokens.map(({ content, id }) => [content, id]));
    [this.cls, this.sep, this.mask] = ["[CLS]", "[SEP]", "[MASK]"].map((name) => this.special.get(name));
  }

  /** The tokens of a text, without frame: [{id, word}], where tokens with the same `word` belong to one piece of the text. */
  encode(text) {
    const names = [...this.special.keys()].map((name) => name.replace(/[[\]]/g, "\\$&"));
    const parts = text.split(new RegExp(`(${names.join("|")})`)).filter(Boolean);
    const words = parts.flatMap((part) => (this.special.has(part) ? [[this.special.get(part)]] : this.#words(part)));
    return words.flatMap((ids, word) => ids.map((id) => ({ id, word })));
  }

  #words(text) {
    return text.match(PIECES).map((piece) => this.#merged(piece).map((symbol) => this.ids.get(symbol)));
  }

  /** Byte-pair encoding (Sennrich et al. 2016): join the pair that was learned first, until none is left. */
  #merged(piece) {
    let symbols = Array.from(new TextEncoder().encode(piece), (byte) => LETTERS[byte]);
    for (;;) {
      const pairs = symbols.slice(1).map((right, i) => this.ranks.get(`${symbols[i]} ${right}`) ?? Infinity);
      const first = pairs.indexOf(Math.min(...pairs));
      if (first < 0 || pairs[first] === Infinity) return symbols;
      symbols.splice(first, 2, symbols[first] + symbols[first + 1]);
    }
  }

  /** What a token stands for. Bytes that are only part of a character are written as hexadecimal numbers. */
  text(id) {
    if (this.symbols[id].length > 1 && this.special.has(this.symbols[id])) return this.symbols[id];
    const bytes = Uint8Array.from(this.symbols[id], (letter) => BYTES.get(letter));
    const text = new TextDecoder().decode(bytes);
    return text.includes("\ufffd") ? Array.from(bytes, (byte) => `<${byte.toString(16)}>`).join("") : text;
  }
}
