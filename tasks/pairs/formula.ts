/** Weights and clips by a formula that tasks/pairs/backbones.py has too. */

/** Numbers in [-0.5, 0.5) by the name and the place. */
export function drawn(name: string, size: number): Float32Array {
  let seed = 0;
  for (const byte of new TextEncoder().encode(name)) seed = (Math.imul(seed, 31) + byte) >>> 0;
  return Float32Array.from({ length: size }, (_, i) => {
    let x = (i + seed) >>> 0;
    for (let round = 0; round < 2; round++) x = Math.imul((x >>> 16) ^ x, 0x45d9f3b) >>> 0;
    x = ((x >>> 16) ^ x) >>> 0;
    return x / 2 ** 32 - 0.5;
  });
}

/** A weight whose layers keep the size of activations; variances and factors near 1. */
export function weightByFormula(key: string, shape: readonly number[]): Float32Array {
  const values = drawn(key, shape.reduce((product, size) => product * size, 1));
  const f = Math.fround;
  if (key.endsWith("running_var")) return values.map((value) => f(value + 1));
  if (shape.length >= 2) {
    const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
    const scale = f(Math.sqrt(24 / inputs));
    return values.map((value) => f(value * scale));
  }
  const oneBased = key.endsWith("weight") && /norm|bn|ln_|batch3d/.test(key);
  return values.map((value) => f(f(value * f(0.2)) + Number(oneBased)));
}
