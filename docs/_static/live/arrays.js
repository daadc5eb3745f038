/** The few operations a transformer is made of, on Float32Arrays; a matrix is its rows, one behind the other. */

/** x W' + b: x (rows, width), W (outputs, width) as in torch.nn.Linear, b (outputs) or none. Returns (rows, outputs). */
export function linear(x, W, b, width) {
  const rows = x.length / width;
  const outputs = W.length / width;
  const y = new Float32Array(rows * outputs);
  let row = 0;
  for (; row + 4 <= rows; row += 4) fourRows(x, W, b, width, outputs, row, y);
  for (; row < rows; row++) {
    for (let out = 0; out < outputs; out++) {
      let sum = b ? b[out] : 0;
      for (let i = 0; i < width; i++) sum += x[row * width + i] * W[out * width + i];
      y[row * outputs + out] = sum;
    }
  }
  return y;
}

/** Four rows of `linear` together: each weight is read once for all of them. */
function fourRows(x, W, b, width, outputs, row, y) {
  const [x0, x1, x2, x3] = [0, 1, 2, 3].map((k) => (row + k) * width);
  for (let out = 0; out < outputs; out++) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = 0, w = out * width; i < width; i++, w++) {
      const weight = W[w];
      s0 += x[x0 + i] * weight;
      s1 += x[x1 + i] * weight;
      s2 += x[x2 + i] * weight;
      s3 += x[x3 + i] * weight;
    }
    const bias = b ? b[out] : 0;
    const at = row * outputs + out;
    y[at] = s0 + bias;
    y[at + outputs] = s1 + bias;
    y[at + 2 * outputs] = s2 + bias;
    y[at + 3 * outputs] = s3 + bias;
  }
}

/** Each row of x (rows, width) with mean 0 and variance 1, scaled and moved. */
export function layerNorm(x, scale, shift, epsilon) {
  const width = scale.length;
  const y = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let mean = 0;
    for (let i = 0; i < width; i++) mean += x[start + i] / width;
    let variance = 0;
    for (let i = 0; i < width; i++) variance += (x[start + i] - mean) ** 2 / width;
    const factor = 1 / Math.sqrt(variance + epsilon);
    for (let i = 0; i < width; i++) y[start + i] = (x[start + i] - mean) * factor * scale[i] + shift[i];
  }
  return y;
}

export function add(...terms) {
  return terms[0].map((value, i) => terms.reduce((sum, term, k) => (k ? sum + term[i] : sum), value));
}

/** x Phi(x), with the error function to 1.5e-7 (Abramowitz & Stegun 7.1.26). */
export function gelu(x) {
  return x.map((value) => {
    const z = Math.abs(value) * Math.SQRT1_2;
    const t = 1 / (1 + 0.3275911 * z);
    const powers = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    const erf = 1 - powers * Math.exp(-z * z);
    return (value * (1 + Math.sign(value) * erf)) / 2;
  });
}

/** Probabilities in place of scores; -Infinity is never chosen. */
export function softmax(scores) {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = scores.map((score) => Math.exp(score - top));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** Natural logarithms of the probabilities. */
export function logSoftmax(scores) {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
  return scores.map((score) => score - top - Math.log(total));
}
