/** The page live/game: spend a budget, forecast a model, see how the rivals did. */

import { chart } from "./chart.js";
import { Laboratory, ruler } from "./game.js";
import { byId, element, fillTable, live, say, short } from "./page.js";
import { fetched } from "./safetensors.js";

const FORECAST = ["low", "middle", "high"];
const SIZES = { from: 1e6, to: 5e9 };

let game;
let lab;
let number = 0; // of the laboratory
const season = []; // for each laboratory that is done {name: score}

live(async () => {
  game = await (await fetched(new URL("game.json", import.meta.url))).json();
  for (const name of ["params", "tokens"]) byId(name).addEventListener("input", price);
  byId("floor").addEventListener("input", draw);
  for (const name of FORECAST) byId(name).addEventListener("input", draw);
  act("run", () => told(lab.train(size("params"), size("tokens"))));
  act("forecast", () => judged(lab.submit(...forecast())));
  byId("next").addEventListener("click", () => (open(number + 1), byId("params").focus()));
  open(0);
});

/** Do what a form asks for, or say why not. */
function act(form, action) {
  byId(form).addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      say(action());
    } catch (error) {
      say(error.message);
    }
    show();
  });
}

function open(next) {
  number = next % game.labs.length;
  lab = new Laboratory(game.labs[number], game);
  for (const name of FORECAST) byId(name).value = "";
  byId("next").hidden = true;
  byId("lab").textContent = `Laboratory ${number + 1} of ${game.labs.length}`;
  say(
    `Laboratory ${number + 1}: ${short(lab.budget)} FLOPs to spend. The target has ${short(lab.targetParams)} parameters and ${short(lab.targetTokens)} tokens.`,
  );
  show();
}

const size = (name) => 10 ** Number(byId(name).value);
const forecast = () => FORECAST.map((name) => (byId(name).value === "" ? NaN : Number(byId(name).value)));

function price() {
  const [params, tokens] = [size("params"), size("tokens")];
  const flops = lab.cost(params, tokens);
  byId("params-value").textContent = short(params);
  byId("tokens-value").textContent = `${short(tokens)}, ${short(tokens / params)} for each parameter`;
  byId("price").textContent = `${short(flops)} FLOPs, ${short((100 * flops) / lab.budget)}% of the budget`;
  byId("price").classList.toggle("dear", flops > lab.left * (1 + 1e-9));
}

function told({ params, tokens, flops, loss }) {
  const left = `${short((100 * lab.left) / lab.budget)}% of the budget left`;
  return `${short(params)} parameters on ${short(tokens)} tokens: loss ${loss.toFixed(4)} for ${short(flops)} FLOPs; ${left}.`;
}

function judged({ actual, inside, error, score }) {
  const rivals = Object.entries(lab.rivals).map(([name, row]) => [name, lab.judge(...row).score]);
  season.push(Object.fromEntries([["you", score], ...rivals]));
  byId("next").hidden = false;
  const where = inside ? "inside your interval" : "outside your interval";
  return `The truth is ${actual.toFixed(4)}, ${where}; your middle is off by ${(100 * error).toFixed(1)}%, your score ${score.toFixed(3)} nats.`;
}

function show() {
  const spent = 100 * (1 - lab.left / lab.budget);
  byId("budget").value = spent;
  byId("budget-value").textContent = `${spent.toFixed(1)}% spent`;
  const rows = lab.ledger.map((run, i) => [
    String(i + 1),
    ...[run.params, run.tokens, run.tokens / run.params, run.flops].map(short),
    run.loss.toFixed(4),
  ]);
  fillTable(byId("ledger"), ["run", "parameters", "tokens", "tokens each", "FLOPs", "loss"], rows);
  byId("ledger").hidden = !rows.length;
  const lowest = Math.min(...lab.ledger.map((run) => run.loss), 4);
  byId("floor").max = (lowest - 0.01).toFixed(2);
  for (const part of document.querySelectorAll("#run button, #forecast button")) part.disabled = Boolean(lab.verdict);
  price();
  draw();
  scoreboard();
}

function draw() {
  const floor = Number(byId("floor").value);
  const line = ruler(lab.ledger, floor);
  byId("floor-value").textContent = floor.toFixed(2);
  byId("reading").textContent = line
    ? `exponent ${line.exponent.toFixed(3)}, the runs lie ${(100 * line.spread).toFixed(2)}% from the curve, which gives ${line.at(lab.targetParams).toFixed(3)} at the target`
    : "two sizes make a curve";
  const losses = lab.ledger.map((run) => run.loss);
  const [low, middle, high] = forecast();
  const { targetParams: target, verdict } = lab;
  const top = 1.1 * Math.max(4, ...losses);
  const sizes = Array.from({ length: 60 }, (_, i) => SIZES.from * (SIZES.to / SIZES.from) ** (i / 59));
  chart(byId("chart"), {
    x: {
      ...SIZES,
      log: true,
      label: "parameters",
      ticks: [
        [1e6, "1e6"],
        [1e7, "1e7"],
        [1e8, "1e8"],
        [1e9, "1e9"],
      ],
    },
    y: {
      from: 1.4,
      to: top,
      log: true,
      label: "loss, nats per token",
      ticks: [1.5, 2, 2.5, 3, 4, 6, 8, 12].filter((tick) => tick < top),
    },
    series: [
      {
        kind: "line",
        points: [
          [target, 1.4],
          [target, top / 1.15],
        ],
        look: "target",
        label: "target",
      },
      { kind: "line", points: line ? sizes.map((n) => [n, line.at(n)]) : [], look: "ruler" },
      { kind: "dots", points: lab.ledger.map((run) => [run.params, run.loss]), look: "estimate" },
      {
        kind: "line",
        points:
          low <= high
            ? [
                [target, low],
                [target, high],
              ]
            : [],
        look: "interval",
      },
      { kind: "dots", points: Number.isFinite(middle) ? [[target, middle]] : [], look: "chosen" },
      { kind: "dots", points: verdict ? [[target, verdict.actual]] : [], look: "actual" },
    ],
    words: `Loss over parameters: ${losses.length} runs${line ? `, and a curve with the floor ${floor.toFixed(2)} through them` : ""}. The target stands at ${short(target)} parameters.`,
  });
}

/** You and the rivals: in this laboratory once the truth is out, and over the season so far. */
function scoreboard() {
  byId("board").hidden = !season.length;
  byId("no-board").hidden = season.length > 0;
  if (!season.length) return;
  const names = Object.keys(season[0]);
  const mean = (name) => season.reduce((sum, scores) => sum + scores[name], 0) / season.length;
  const here = (name) => (!lab.verdict ? null : name === "you" ? lab.verdict : lab.judge(...lab.rivals[name]));
  const rows = names
    .sort((a, b) => mean(a) - mean(b))
    .map((name) => {
      const found = here(name);
      const numbers = found
        ? [
            `${found.middle.toFixed(2)} (${found.low.toFixed(2)} to ${found.high.toFixed(2)})`,
            found.inside ? "yes" : "no",
            found.score.toFixed(3),
          ]
        : ["–", "–", "–"];
      return [name === "you" ? element("strong", {}, "you") : name, ...numbers, mean(name).toFixed(3)];
    });
  fillTable(byId("board"), ["who", "forecast", "holds the truth", "score, nats", `mean of ${season.length}`], rows);
}
