/** What the two models say about a text; as course_utils.pseudo_perplexity.score does, in natural logarithms. */

import { logSoftmax } from "./arrays.js";

/**
 * Log-probability of every token given all others (Salazar et al. 2020), one after the other: yields each as it is found.
 * wholeWord: hide the later tokens of its word too (Kauf & Ivanova 2023).
 */
export function* maskedScores(bert, tokenizer, tokens, wholeWord = false) {
  for (let place = 0; place < tokens.length; place++) {
    yield logSoftmax(maskedLogits(bert, tokenizer, tokens, place, wholeWord))[tokens[place].id];
  }
}

/** BERT's logits (V) for token number `place`, with that token hidden. */
export function maskedLogits(bert, tokenizer, tokens, place, wholeWord = false) {
  const hidden = (i) => i === place || (wholeWord && i > place && tokens[i].word === tokens[place].word);
  const ids = tokens.map(({ id }, i) => (hidden(i) ? tokenizer.mask : id));
  return bert.logitsAt(bert.states([tokenizer.cls, ...ids, tokenizer.sep]), place + 1);
}

/** Log-probability of every token given those before it, behind the token that begins a text; `sees`: under another mask. */
export function causalScores(neox, tokenizer, tokens, sees) {
  const states = neox.states([tokenizer.cls, ...tokens.map(({ id }) => id)], { sees });
  return tokens.map(({ id }, place) => logSoftmax(neox.logitsAt(states, place))[id]);
}

/** The twin's logits (V) for token number `place`, from those before it. */
export function causalLogits(neox, tokenizer, tokens, place) {
  const ids = [tokenizer.cls, ...tokens.slice(0, place).map(({ id }) => id)];
  return neox.logitsAt(neox.states(ids), place);
}

/** The `count` likeliest tokens: [{id, probability}]. */
export function likeliest(logits, count) {
  const found = Array.from(logSoftmax(logits), (score, id) => ({ id, probability: Math.exp(score) }));
  return found.sort((a, b) => b.probability - a.probability).slice(0, count);
}

/** The place of token `id` in that order, the likeliest being 1. */
export function rank(logits, id) {
  return 1 + logits.filter((logit) => logit > logits[id]).length;
}

/** exp of the mean surprise: perplexity of causal scores, pseudo-perplexity of masked ones. */
export function perplexity(scores) {
  return Math.exp(-scores.reduce((a, b) => a + b, 0) / scores.length);
}
