/** The page live/masks: attention of the embedded models under three masks, and who notices when a token changes. */

import { shape } from "./chart.js";
import { loadModels } from "./models.js";
import { byId, element, fillTable, live, say, short } from "./page.js";
import { causalScores, perplexity } from "./scores.js";
import { backwards, everyone, prefix } from "./transformer.js";

const MOST = 40; // positions that can be told apart in the picture
const LABELS = 84; // pixels for the words beside it
const LOOKED_AT = 5;

let bert, neox, tokenizer;
let chosen = 9;
let painted; // the width of the picture

live(async () => {
  say("Loading two small models (3 MB) …");
  ({ bert, neox, tokenizer } = await loadModels());
  byId("ask").addEventListener("submit", (event) => (event.preventDefault(), show()));
  for (const name of ["model", "mask", "prefix", "head"]) byId(name).addEventListener("input", show);
  new ResizeObserver(() => painted !== byId("picture").clientWidth && show()).observe(byId("picture"));
  show();
});

/** What the controls ask for: {model, sees, ids}, ids framed as the model reads them. */
function asked() {
  const tokens = tokenizer.encode(byId("text").value.trim());
  const isBert = byId("model").value === "bert";
  const ids = [tokenizer.cls, ...tokens.map(({ id }) => id), ...(isBert ? [tokenizer.sep] : [])];
  const masks = { causal: backwards, full: everyone, prefix: prefix(Number(byId("prefix").value)) };
  return { model: isBert ? bert : neox, tokens, ids, sees: masks[byId("mask").value] };
}

function show() {
  const { model, tokens, ids, sees } = asked();
  byId("prefix-value").textContent = `${byId("prefix").value} positions`;
  byId("prefix").disabled = byId("mask").value !== "prefix";
  if (!tokens.length || ids.length > MOST)
    return say(`Between 1 and ${MOST - 2} tokens fit here; that is ${tokens.length}.`);
  chosen = Math.min(chosen, ids.length - 1);
  const seen = [];
  const states = model.states(ids, { sees, seen });
  const noticed = whoNotices(model, ids, sees, states);
  const weights = chosenHeads(seen);
  drawTokens(ids, noticed);
  paint(ids, weights, sees);
  tell(model, tokens, ids, sees, noticed);
  const row = Array.from(weights.subarray(chosen * ids.length, (chosen + 1) * ids.length), (weight, place) => ({
    weight,
    place,
  }));
  const most = row.sort((a, b) => b.weight - a.weight).slice(0, LOOKED_AT);
  fillTable(
    byId("looks"),
    [`“${name(ids[chosen])}” looks at`, "share"],
    most.map(({ weight, place }) => [`${name(ids[place])} (position ${place + 1})`, `${(100 * weight).toFixed(1)}%`]),
  );
}

const name = (id) => tokenizer.text(id).trim() || "␣";

/** The positions whose state changes, by however little, when the chosen token is another. */
function whoNotices(model, ids, sees, states) {
  const changed = model.states(ids.with(chosen, tokenizer.mask), { sees });
  return ids.map((_, i) =>
    states.subarray(i * model.width, (i + 1) * model.width).some((value, d) => value !== changed[i * model.width + d]),
  );
}

/** Attention weights (T, T) of the head that is asked for, or the mean of all. */
function chosenHeads(seen) {
  const head = byId("head").value;
  if (head !== "mean") return seen[Number(head)];
  return seen[0].map((_, i) => seen.reduce((sum, weights) => sum + weights[i], 0) / seen.length);
}

function drawTokens(ids, noticed) {
  const focused = document.activeElement?.closest("#strip") !== null;
  const buttons = ids.map((id, place) => {
    const notices = noticed[place] ? "notices" : "does not notice";
    const made = element(
      "button",
      {
        type: "button",
        class: `token ${noticed[place] ? "notices" : ""}`,
        "aria-pressed": String(place === chosen),
        "aria-label": `${name(id)}, position ${place + 1}: ${notices}`,
      },
      name(id),
    );
    made.addEventListener("click", () => ((chosen = place), show()));
    return made;
  });
  byId("strip").replaceChildren(...buttons);
  if (focused) buttons[chosen].focus();
}

/** The picture: a row for each position, a column for each that it could look at; hatched is what the mask hides. */
function paint(ids, weights, sees) {
  const svg = byId("picture");
  painted = svg.clientWidth;
  if (!painted) return;
  const size = Math.min(22, (painted - LABELS) / ids.length);
  svg.style.height = `${size * ids.length + 4}px`;
  svg.setAttribute("viewBox", `0 0 ${painted} ${size * ids.length + 4}`);
  svg.setAttribute("role", "img");
  svg.setAttribute(
    "aria-label",
    `Attention: ${ids.length} rows of positions over as many columns, under the ${byId("mask").selectedOptions[0].text} mask; the table says where the chosen row looks.`,
  );
  const cells = ids.flatMap((_, i) =>
    ids.map((_, j) => {
      const at = { x: LABELS + j * size, y: i * size, width: size - 1, height: size - 1 };
      return shape(
        "rect",
        sees(i, j)
          ? { ...at, class: "seen", "fill-opacity": 0.06 + 0.94 * Math.sqrt(weights[i * ids.length + j]) }
          : { ...at, class: "hidden-cell" },
      );
    }),
  );
  const words = ids.map((id, i) => {
    const word = shape("text", {
      x: LABELS - 6,
      y: (i + 0.75) * size,
      "text-anchor": "end",
      class: i === chosen ? "row-chosen" : "",
    });
    word.textContent = name(id).slice(0, 12);
    return word;
  });
  const frame = shape("rect", {
    x: LABELS - 1,
    y: chosen * size - 1,
    width: size * ids.length + 1,
    height: size + 1,
    class: "frame",
  });
  svg.replaceChildren(...cells, ...words, frame);
}

/** What follows from the mask, in words. */
function tell(model, tokens, ids, sees, noticed) {
  const count = noticed.filter(Boolean).length;
  const leaks = ids.filter((_, i) => i + 1 < ids.length && sees(i, i + 1)).length;
  const change = `When “${name(ids[chosen])}” is hidden, ${count} of ${ids.length} positions notice.`;
  const leak = leaks
    ? `Of the positions, ${leaks} may look at the token that comes next: trained to predict it, they would learn to copy.`
    : "No position may look at the token that comes next.";
  if (model !== neox) return say(`${change} ${leak}`);
  const [own, here] = [backwards, sees].map((mask) => short(perplexity(causalScores(neox, tokenizer, tokens, mask))));
  const cost =
    byId("mask").value === "causal"
      ? `Perplexity of the text: ${own}.`
      : `The twin's perplexity is ${here} under this mask, ${own} under its own.`;
  say(`${change} ${leak} ${cost}`);
}
