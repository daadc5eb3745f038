/** Weights as the course ships them: https://huggingface.co/docs/safetensors, in half precision. */

/** Fetch one file: {name: Float32Array}, each in row-major order. */
export async function loadWeights(url) {
  return readWeights(await (await fetched(url)).arrayBuffer());
}

/** The response to `url`; an error that names it where there is none. */
export async function fetched(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response;
}

/** A safetensors file: the length of its header (8 bytes), the header (JSON), the numbers. */
export function readWeights(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  delete header.__metadata__;
  const weights = {};
  for (const [
    name,
    {
      dtype,
      data_offsets: [start, end],
    },
  ] of Object.entries(header)) {
    if (dtype !== "F16") throw new Error(`${name} is ${dtype}; only F16 is read here`);
    weights[name] = Float32Array.from(new Uint16Array(buffer.slice(8 + length + start, 8 + length + end)), fromHalf);
  }
  return weights;
}

/** The number behind the 16 bits of an IEEE half. */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
