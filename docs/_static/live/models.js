/** The two embedded models with their tokenizer, from the files beside this one. */

import { fetched, loadWeights } from "./safetensors.js";
import { Tokenizer } from "./tokenizer.js";
import { Bert, NeoX } from "./transformer.js";

/** {bert, neox, tokenizer}: 3.4 MB. */
export async function loadModels() {
  const at = (path) => new URL(path, import.meta.url);
  const json = async (path) => (await fetched(at(path))).json();
  const model = async (kind, name) =>
    new kind(await loadWeights(at(`${name}/model.safetensors`)), await json(`${name}/config.json`));
  const [bert, neox, file] = await Promise.all([
    model(Bert, "sotu-bert"),
    model(NeoX, "sotu-neox"),
    json("tokenizer.json"),
  ]);
  return { bert, neox, tokenizer: new Tokenizer(file) };
}
