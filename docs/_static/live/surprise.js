/** The page live/surprise: a sentence under BERT and its causal twin. */

import { loadModels } from "./models.js";
import { byId, element, fillTable, live, pause, say, short } from "./page.js";
import { causalLogits, causalScores, likeliest, maskedLogits, maskedScores, perplexity, rank } from "./scores.js";

const FULL = 10; // nats that fill a bar
const GUESSES = 8;
const KEPT = 8; // texts in the table that compares
const MODELS = { masked: "given all others", causal: "given those before" };

let bert, neox, tokenizer;
let shown; // {text, tokens, masked: [], causal: []}, the scores of special tokens included
let ordered; // the last text that was not scrambled
let chosen = null; // the place of the token that is hidden
const compared = [];

live(async () => {
  say("Loading two small models (3 MB) …");
  ({ bert, neox, tokenizer } = await loadModels());
  byId("ask").addEventListener("submit", (event) => (event.preventDefault(), score(byId("text").value)));
  byId("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) (byId("ask").requestSubmit(), event.preventDefault());
  });
  byId("scramble").addEventListener("click", () => score(scrambled(byId("text").value), true));
  byId("restore").addEventListener("click", () => score(ordered));
  byId("whole").addEventListener("change", () => score(shown.text));
  score(byId("text").value);
});

/** Score a text with both models and show what is found while it is found; a later call ends an earlier one. */
async function score(text, isScrambled = false) {
  text = text.trim();
  const tokens = tokenizer.encode(text);
  const room = bert.context - 2;
  if (!tokens.length) return say("Write something first.");
  if (tokens.length > room) return say(`That is ${tokens.length} tokens; the models read ${room} at a time.`);
  byId("text").value = text;
  if (!isScrambled) ordered = text;
  const mine = (shown = { text, tokens, masked: [], causal: causalScores(neox, tokenizer, tokens) });
  chosen = null;
  say(`Scoring ${tokens.length} tokens …`);
  for (const found of maskedScores(bert, tokenizer, tokens, byId("whole").checked)) {
    mine.masked.push(found);
    await pause();
    if (shown !== mine) return;
    if (mine.masked.length % 8 === 0) drawTokens();
  }
  compare();
  drawTokens();
  const asked = tokens.findIndex(({ id }) => id === tokenizer.mask);
  choose(asked >= 0 ? asked : dearest());
}

/** The words in another order. */
function scrambled(text) {
  const words = text.trim().split(/\s+/);
  for (let i = words.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [words[i], words[j]] = [words[j], words[i]];
  }
  return words.join(" ");
}

const scored = ({ id }) => ![tokenizer.cls, tokenizer.sep, tokenizer.mask].includes(id);

/** Surprises in nats of the tokens that are scored. */
const surprises = (kind) => shown.tokens.flatMap((token, i) => (scored(token) ? [-shown[kind][i]] : []));

/** The place of the largest surprise of all. */
function dearest() {
  const sums = shown.tokens.map((token, i) => (scored(token) ? shown.masked[i] + shown.causal[i] : 0));
  return sums.indexOf(Math.min(...sums));
}

function drawTokens() {
  const buttons = shown.tokens.map((token, place) => {
    const values = Object.keys(MODELS).map((kind) => -shown[kind][place]);
    const known = scored(token) && Number.isFinite(values[0]);
    const words = Object.values(MODELS).map((name, k) => `${values[k].toFixed(2)} nats ${name}`);
    const bars = Object.keys(MODELS).map((kind, k) =>
      element("span", {
        class: `bar ${kind}`,
        style: `height: ${known ? Math.min(100, (100 * values[k]) / FULL) : 0}%`,
      }),
    );
    const text = tokenizer.text(token.id);
    const joined = place > 0 && shown.tokens[place - 1].word === token.word;
    const made = element(
      "button",
      {
        type: "button",
        class: joined ? "token joined" : "token",
        "aria-pressed": String(place === chosen),
        "aria-label": known ? `${text.trim()}: ${words.join(", ")}` : text.trim(),
      },
      element("span", { class: "bars", "aria-hidden": "true" }, ...bars),
      element("span", { class: "word" }, text.trim() || "␣"),
    );
    made.addEventListener("click", () => choose(place));
    return made;
  });
  byId("strip").replaceChildren(...buttons);
  const rows = shown.tokens.map((token, i) => [
    tokenizer.text(token.id),
    ...Object.keys(MODELS).map((kind) => (scored(token) ? (-shown[kind][i]).toFixed(3) : "–")),
  ]);
  fillTable(byId("numbers"), ["token", ...Object.values(MODELS).map((name) => `${name}, nats`)], rows);
}

/** Hide one token and show what each model would put there. */
function choose(place) {
  chosen = place;
  [...byId("strip").children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === place)));
  const { id } = shown.tokens[place];
  const hidden = tokenizer.text(id).trim();
  byId("place").textContent = hidden === "[MASK]" ? "In place of the mask:" : `In place of “${hidden}”:`;
  const logits = {
    masked: maskedLogits(bert, tokenizer, shown.tokens, place, byId("whole").checked),
    causal: causalLogits(neox, tokenizer, shown.tokens, place),
  };
  const guesses = { masked: likeliest(logits.masked, GUESSES), causal: likeliest(logits.causal, GUESSES) };
  const most = Math.max(guesses.masked[0].probability, guesses.causal[0].probability);
  for (const [kind, name] of Object.entries(MODELS)) {
    byId(`guesses-${kind}`).replaceChildren(
      ...guesses[kind].map((guess) => guessed(guess, kind, guess.id === id, most)),
    );
    const verdict = hidden === "[MASK]" ? "" : `: “${hidden}” comes ${ordinal(rank(logits[kind], id))}`;
    byId(`verdict-${kind}`).textContent = `${name}${verdict}`;
  }
}

function guessed({ id, probability }, kind, right, most) {
  const text = tokenizer.text(id);
  const piece = /^[\p{L}\p{N}]/u.test(text) ? `-${text}` : text.trim() || "␣";
  const share = `${(100 * probability).toFixed(probability < 0.1 ? 1 : 0)}%`;
  const bar = element("span", {
    class: `meter ${kind}`,
    style: `width: ${(6 * probability) / most}rem`,
    "aria-hidden": "true",
  });
  const word = element("span", { class: "word" }, right ? `${piece} ✓` : piece);
  return element("li", { class: right && "right" }, word, element("span", { class: "share" }, share), bar);
}

function ordinal(place) {
  return place === 1
    ? "first"
    : place === 2
      ? "second"
      : place === 3
        ? "third"
        : `at place ${place.toLocaleString("en")}`;
}

/** One more row in the table, and its words for the reader. */
function compare() {
  const [masked, causal] = ["masked", "causal"].map((kind) => short(perplexity(surprises(kind).map((nats) => -nats))));
  const row = [shown.text, String(surprises("masked").length), masked, causal];
  compared.unshift(row);
  compared.length = Math.min(compared.length, KEPT);
  fillTable(byId("compared"), ["text", "tokens", "PPPL (BERT)", "PPL (twin)"], compared);
  say(`${row[1]} tokens. Pseudo-perplexity ${masked}, perplexity of the causal twin ${causal}.`);
}
