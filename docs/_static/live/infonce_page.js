/** The page live/infonce: the bound under sliders. */

import { chart } from "./chart.js";
import { curve } from "./infonce.js";
import { byId, fillTable, live, say } from "./page.js";
import { fetched } from "./safetensors.js";

const CANDIDATES = [2, 4, 8, 16, 32, 64, 128, 256, 512];
const DOTS = 24; // matrices of one K that are drawn

let recorded; // [{information, candidates, bound}]
let found, made; // the curve, and from which settings

live(async () => {
  recorded = rows(await (await fetched(new URL("optimal_bounds.csv", import.meta.url))).text());
  for (const name of ["information", "exponent", "contexts", "seed"]) byId(name).addEventListener("input", show);
  byId("again").addEventListener("click", () => (byId("seed").stepUp(), show()));
  requestAnimationFrame(show);
});

/** The recorded table: its columns `mutual_information`, `candidates` and `bound`. */
function rows(csv) {
  const [head, ...lines] = csv
    .trim()
    .split("\n")
    .map((line) => line.split(","));
  const column = (name) => head.indexOf(name);
  return lines.map((line) => {
    const [information, candidates, bound] = ["mutual_information", "candidates", "bound"].map((name) =>
      Number(line[column(name)]),
    );
    return { information, candidates, bound };
  });
}

function settings() {
  const value = (name) => Number(byId(name).value);
  return {
    information: value("information"),
    k: 2 ** value("exponent"),
    contexts: 2 ** value("contexts"),
    seed: value("seed") || 0,
  };
}

function show() {
  const { information, k, contexts, seed } = settings();
  byId("information-value").textContent = `${information} nats`;
  byId("exponent-value").textContent = String(k);
  byId("contexts-value").textContent = contexts.toLocaleString("en");
  const wanted = [information, contexts, seed].join();
  if (wanted !== made) found = curve(information, CANDIDATES, contexts, seed);
  made = wanted;
  const here = found.find(({ candidates }) => candidates === k);
  const words = verdict(here, information);
  say(words);
  draw(information, here, words);
  const three = (value) => (Number.isFinite(value) ? value.toFixed(3) : "–");
  fillTable(
    byId("numbers"),
    ["K", "log K", "bound, nats", "standard error", "matrices"],
    found.map((one) => [
      String(one.candidates),
      three(Math.log(one.candidates)),
      three(one.value),
      three(one.error),
      String(one.bounds.length),
    ]),
  );
}

/** What the numbers at one K say. */
function verdict({ candidates, value, error, bounds }, information) {
  const ceiling = Math.log(candidates);
  const doubt = Number.isFinite(error) ? ` ± ${error.toFixed(2)}` : "";
  const reads = `With K = ${candidates} the bound reads ${value.toFixed(2)}${doubt} nats of ${information}`;
  const above = bounds.filter((one) => one > information).length;
  const noise = above
    ? ` ${above} of ${bounds.length} matrices read more than there is: a bound holds for the mean.`
    : "";
  const why =
    ceiling < information
      ? `, and no critic could get it above log K = ${ceiling.toFixed(2)}.`
      : `; log K = ${ceiling.toFixed(2)} leaves room for all of it.`;
  return reads + why + noise;
}

function draw(information, here, words) {
  const last = CANDIDATES.at(-1);
  const ceiling = CANDIDATES.map((k) => [k, Math.min(Math.log(k), information)]);
  const cells = recorded.filter((cell) => cell.information === information && cell.candidates <= last);
  chart(byId("chart"), {
    x: { from: 1.8, to: last * 1.15, log: true, label: "candidates K, the positive included", ticks: CANDIDATES },
    y: { from: 0, to: 10.5, label: "nats", ticks: [0, 2, 4, 6, 8, 10] },
    series: [
      { kind: "area", points: ceiling, look: "room" },
      { kind: "line", points: CANDIDATES.map((k) => [k, Math.log(k)]), look: "ceiling", label: "log K" },
      {
        kind: "line",
        points: [
          [CANDIDATES[0], information],
          [last, information],
        ],
        look: "truth",
        label: `I = ${information}`,
      },
      ...found.map(({ candidates, bounds }) => ({
        kind: "dots",
        points: bounds.slice(0, DOTS).map((bound) => [candidates, bound]),
        look: "faint",
      })),
      { kind: "line", points: found.map((one) => [one.candidates, one.value]), look: "estimate" },
      { kind: "dots", points: cells.map((cell) => [cell.candidates, cell.bound]), look: "recorded" },
      { kind: "dots", points: [[here.candidates, here.value]], look: "chosen" },
    ],
    words: `The bound over the number of candidates, below log K and below I = ${information} nats. ${words}`,
  });
}
