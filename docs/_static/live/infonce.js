/** The InfoNCE bound of correlated Gaussian vectors with the best critic, as in course_utils.infonce.gaussian. */

import { logSoftmax } from "./arrays.js";

export const DIM = 20;

/** The correlation of each of DIM pairs of components that share `information` nats in all. */
export function correlation(information) {
  return Math.sqrt(1 - Math.exp((-2 * information) / DIM));
}

/** Standard normal numbers, the same for the same seed: mulberry32 and Box & Muller (1958). */
export function* normals(seed) {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return (((bits ^ (bits >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  for (;;) {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(uniform())), 2 * Math.PI * uniform()];
    yield radius * Math.cos(angle);
    yield radius * Math.sin(angle);
  }
}

/** n pairs of vectors, contexts and what belongs to them: {x, y}, each n Float64Arrays of length DIM. */
export function pairs(rho, n, normal) {
  const vector = (of) => Float64Array.from({ length: DIM }, (_, d) => of(d));
  const x = Array.from({ length: n }, () => vector(() => normal.next().value));
  const y = x.map((given) => vector((d) => rho * given[d] + Math.sqrt(1 - rho ** 2) * normal.next().value));
  return { x, y };
}

/** Log density at `value` of independent normal components around `factor` times `given`. */
function logDensity(value, given, factor, variance) {
  let squares = 0;
  for (let d = 0; d < value.length; d++) squares += (value[d] - factor * given[d]) ** 2;
  return -(value.length * Math.log(2 * Math.PI * variance) + squares / variance) / 2;
}

/** log K - loss of one matrix of games: the K contexts x share their K candidates y, and y_i belongs to x_i. */
export function bound({ x, y }, rho) {
  const apart = y.map((candidate) => logDensity(candidate, candidate, 0, 1));
  const loss = x.map((context, i) => {
    const together = y.map((candidate) => logDensity(candidate, context, rho, 1 - rho ** 2));
    return -logSoftmax(together.map((value, j) => value - apart[j]))[i];
  });
  return Math.log(x.length) - mean(loss);
}

/** The bound for each K, from at least `contexts` contexts: [{candidates, bounds, value, error}], `bounds` one for each matrix. */
export function curve(information, candidates, contexts, seed) {
  const [rho, normal] = [correlation(information), normals(seed)];
  return candidates.map((k) => {
    const bounds = Array.from({ length: Math.ceil(contexts / k) }, () => bound(pairs(rho, k, normal), rho));
    const value = mean(bounds);
    const variance = bounds.reduce((sum, one) => sum + (one - value) ** 2, 0) / Math.max(1, bounds.length - 1);
    return { candidates: k, bounds, value, error: bounds.length > 1 ? Math.sqrt(variance / bounds.length) : NaN };
  });
}

function mean(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
