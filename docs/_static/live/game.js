/** The budget game of course_utils.pythia_scaling.game: the same laws, the same luck, the same verdicts. */

export const FLOPS_EACH = 6; // for each parameter and token

export class Laboratory {
  /** One of `labs` in game.json, with the budget, the noise and the target that all of them share. */
  constructor({ law, luck, rivals }, { budget, noise, targetParams, targetTokens }) {
    Object.assign(this, { law, luck, rivals, budget, noise, targetParams, targetTokens });
    this.ledger = [];
    this.verdict = null;
  }

  get left() {
    return this.ledger.reduce((left, run) => left - run.flops, this.budget);
  }

  cost(params, tokens) {
    return FLOPS_EACH * params * tokens;
  }

  /** Train one model: its line in the ledger, {params, tokens, flops, loss}. An error says why nothing was trained or charged. */
  train(params, tokens) {
    const flops = this.cost(params, tokens);
    if (this.verdict) throw new Error("The truth is out; the next laboratory is a new one.");
    if (flops > this.left * (1 + 1e-9)) throw new Error("That costs more than what is left. Nothing was trained.");
    if (this.ledger.length === this.luck.length)
      throw new Error(`A laboratory trains ${this.luck.length} models and no more.`);
    const loss = this.expected(params, tokens) * Math.exp(this.noise * this.luck[this.ledger.length]);
    this.ledger.push({ params, tokens, flops, loss });
    return this.ledger.at(-1);
  }

  /** The one forecast of the target's loss, which reveals it. */
  submit(low, middle, high) {
    if (!(low <= middle && middle <= high)) throw new Error("A forecast is low ≤ middle ≤ high.");
    this.verdict = this.judge(low, middle, high);
    return this.verdict;
  }

  /** What a forecast is worth: the interval score is its width and 20 times any miss, in nats; the lower the better. */
  judge(low, middle, high) {
    const actual = this.expected(this.targetParams, this.targetTokens);
    const miss = Math.max(low - actual, actual - high, 0);
    const error = Math.abs(middle - actual) / actual;
    return { low, middle, high, actual, error, inside: miss === 0, score: high - low + 20 * miss };
  }

  expected(params, tokens) {
    const [floor, alpha, a, beta, b] = this.law;
    return floor + a * (params / 1e8) ** -alpha + b * (tokens / 2e9) ** -beta;
  }
}

/**
 * The straight line through log(loss - floor) over log(params), by least squares: {exponent, at(params), spread}, where `spread` is the
 * root mean square distance of the runs from the curve, as a share of the loss. null where two sizes or a loss above the floor are missing.
 */
export function ruler(runs, floor) {
  if (new Set(runs.map((run) => run.params)).size < 2 || runs.some((run) => run.loss <= floor)) return null;
  const [u, v] = [runs.map((run) => Math.log(run.params)), runs.map((run) => Math.log(run.loss - floor))];
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const [u0, v0] = [mean(u), mean(v)];
  const slope = mean(u.map((value, i) => (value - u0) * (v[i] - v0))) / mean(u.map((value) => (value - u0) ** 2));
  const at = (params) => floor + Math.exp(v0 + slope * (Math.log(params) - u0));
  const spread = Math.sqrt(mean(runs.map((run) => Math.log(run.loss / at(run.params)) ** 2)));
  return { exponent: -slope, at, spread };
}
