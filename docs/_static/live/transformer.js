/** The two architectures of the embedded models, forward only: BERT (Devlin et al. 2019) and GPT-NeoX (Black et al. 2022). */

import { add, gelu, layerNorm, linear, softmax } from "./arrays.js";

/** Who sees whom: `sees(i, j)` is whether position i may look at position j. */
export const everyone = () => true;
export const backwards = (i, j) => j <= i;
export const prefix = (length) => (i, j) => j <= i || j < length;

/**
 * Attention of one layer. q, k, v: (T, D) in `heads` blocks of columns. Returns the mixed values (T, D); `seen`, where it is an array,
 * gets each head's weights (T, T), those of a row adding to 1.
 */
export function attend(q, k, v, { heads, width, sees, seen }) {
  const [size, length] = [width / heads, q.length / width];
  const mixed = new Float32Array(q.length);
  for (let head = 0; head < heads; head++) {
    const weights = new Float32Array(length * length);
    for (let i = 0; i < length; i++) {
      const scores = new Float32Array(length).fill(-Infinity);
      for (let j = 0; j < length; j++) {
        if (sees(i, j)) scores[j] = dot(q, i * width + head * size, k, j * width + head * size, size) / Math.sqrt(size);
      }
      const row = softmax(scores);
      weights.set(row, i * length);
      for (let j = 0; j < length; j++) {
        for (let d = head * size; d < (head + 1) * size; d++) mixed[i * width + d] += row[j] * v[j * width + d];
      }
    }
    seen?.push(weights);
  }
  return mixed;
}

function dot(a, i, b, j, size) {
  let sum = 0;
  for (let d = 0; d < size; d++) sum += a[i + d] * b[j + d];
  return sum;
}

/** The rows `ids` of a table of `width` columns. */
function lookup(table, ids, width) {
  const found = new Float32Array(ids.length * width);
  ids.forEach((id, i) => found.set(table.subarray(id * width, (id + 1) * width), i * width));
  return found;
}

/** What both have in common: weights by name, and the sizes in config.json. */
class Model {
  constructor(weights, config) {
    this.weights = weights;
    this.width = config.hidden_size;
    this.heads = config.num_attention_heads;
    this.layers = config.num_hidden_layers;
    this.context = config.max_position_embeddings;
    this.epsilon = config.layer_norm_eps;
  }

  weight(name) {
    if (!(name in this.weights)) throw new Error(`the model has no ${name}`);
    return this.weights[name];
  }

  linear(x, name, width = this.width) {
    return linear(x, this.weight(`${name}.weight`), this.weight(`${name}.bias`), width);
  }

  norm(x, name) {
    return layerNorm(x, this.weight(`${name}.weight`), this.weight(`${name}.bias`), this.epsilon);
  }

  feedForward(x, inner, outer) {
    return this.linear(gelu(this.linear(x, inner)), outer, 4 * this.width);
  }

  /** Logits (V) at one position of `states`. */
  logitsAt(states, position) {
    return this.logits(states.subarray(position * this.width, (position + 1) * this.width));
  }
}

export class Bert extends Model {
  /** The states (T, D) of T ids. */
  states(ids, { sees = everyone, seen } = {}) {
    const at = "bert.embeddings";
    const positions = this.weight(`${at}.position_embeddings.weight`).subarray(0, ids.length * this.width);
    const types = lookup(
      this.weight(`${at}.token_type_embeddings.weight`),
      ids.map(() => 0),
      this.width,
    );
    const words = lookup(this.weight(`${at}.word_embeddings.weight`), ids, this.width);
    let x = this.norm(add(words, positions, types), `${at}.LayerNorm`);
    for (let n = 0; n < this.layers; n++) {
      const layer = `bert.encoder.layer.${n}`;
      const [q, k, v] = ["query", "key", "value"].map((name) => this.linear(x, `${layer}.attention.self.${name}`));
      const mixed = this.linear(attend(q, k, v, { ...this, sees, seen }), `${layer}.attention.output.dense`);
      x = this.norm(add(x, mixed), `${layer}.attention.output.LayerNorm`);
      const fed = this.feedForward(x, `${layer}.intermediate.dense`, `${layer}.output.dense`);
      x = this.norm(add(x, fed), `${layer}.output.LayerNorm`);
    }
    return x;
  }

  /** Logits (rows, V) of states (rows, D): BERT's head, whose output table is that of its inputs. */
  logits(states) {
    const head = "cls.predictions";
    const x = this.norm(gelu(this.linear(states, `${head}.transform.dense`)), `${head}.transform.LayerNorm`);
    return linear(x, this.weight("bert.embeddings.word_embeddings.weight"), this.weight(`${head}.bias`), this.width);
  }
}

export class NeoX extends Model {
  /** The states (T, D) of T ids; attention and feed-forward of a layer stand side by side. */
  states(ids, { sees = backwards, seen } = {}) {
    let x = lookup(this.weight("gpt_neox.embed_in.weight"), ids, this.width);
    for (let n = 0; n < this.layers; n++) {
      const layer = `gpt_neox.layers.${n}`;
      const fused = this.linear(this.norm(x, `${layer}.input_layernorm`), `${layer}.attention.query_key_value`);
      const [q, k, v] = [0, 1, 2].map((part) => this.split(fused, part));
      const mixed = attend(this.rotated(q), this.rotated(k), v, { ...this, sees, seen });
      const attended = this.linear(mixed, `${layer}.attention.dense`);
      const normed = this.norm(x, `${layer}.post_attention_layernorm`);
      x = add(x, attended, this.feedForward(normed, `${layer}.mlp.dense_h_to_4h`, `${layer}.mlp.dense_4h_to_h`));
    }
    return this.norm(x, "gpt_neox.final_layer_norm");
  }

  logits(states) {
    return linear(states, this.weight("embed_out.weight"), null, this.width);
  }

  /** Query (0), key (1) or value (2), (T, D), of the fused (T, 3 D), which has all three of one head, then of the next. */
  split(fused, part) {
    const size = this.width / this.heads;
    return new Float32Array(fused.length / 3).map((_, i) => fused[3 * (i - (i % size)) + part * size + (i % size)]);
  }

  /** Rotary positions over the whole head (Su et al. 2021): component d turns with component d + size / 2. */
  rotated(x) {
    const size = this.width / this.heads;
    const half = size / 2;
    return x.map((value, i) => {
      const d = i % size;
      const angle = Math.floor(i / this.width) * 10000 ** (-(d % half) / half);
      const partner = d < half ? -x[i + half] : x[i - half];
      return value * Math.cos(angle) + partner * Math.sin(angle);
    });
  }
}
