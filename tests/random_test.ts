import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { philox, Random, splitSeed, streamOf } from "../src/random.ts";

const ALL = 0xffffffff;

/** Known answers of Random123, the authors' own library (kat_vectors, philox4x32-10). */
const KNOWN: [
  counter: [number, number, number, number],
  key: [number, number],
  words: number[],
][] = [
  [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [[ALL, ALL, ALL, ALL], [ALL, ALL], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

for (const [counter, key, words] of KNOWN) {
  Deno.test(`philox() gives the authors' words for counter ${counter.map((c) => c.toString(16))}`, () => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    assertEquals([...out], words);
  });
}

Deno.test("Random draws word i mod 4 of counter [i / 4, stream, step, 0]", () => {
  const random = new Random(0x1_0000_0002, 5, 6);
  const drawn = Array.from({ length: 9 }, () => random.word());
  const out = new Uint32Array(4);
  const expected = [0, 1, 2].flatMap((block) => {
    philox([block, 5, 6, 0], [2, 1], out);
    return [...out];
  });
  assertEquals(drawn, expected.slice(0, 9));
});

Deno.test("splitSeed() keeps all 53 bits of a seed", () => {
  assertEquals(splitSeed(2 ** 53 - 1), [ALL, 2 ** 21 - 1]);
  assertEquals(splitSeed(7), [7, 0]);
});

Deno.test("streamOf() is FNV-1a", () => {
  // the function's published test values
  assertEquals([streamOf(""), streamOf("a"), streamOf("foobar")], [
    0x811c9dc5,
    0xe40c292c,
    0xbf9cf968,
  ]);
});

Deno.test("Random.uniform() takes the upper 24 bits, in [0, 1)", () => {
  const [uniform, word] = [new Random(1, "u"), new Random(1, "u")];
  for (let i = 0; i < 100; i++) {
    const value = uniform.uniform();
    assertEquals(value, Math.floor(word.word() / 256) / 2 ** 24);
    assertEquals(value, Math.fround(value), "a float32 holds it");
    assert(value >= 0 && value < 1);
  }
});

Deno.test("Random.integer() reaches every value about equally often", () => {
  const random = new Random(2, "integers");
  const counts = new Array(7).fill(0);
  for (let i = 0; i < 7000; i++) counts[random.integer(7)]++;
  // six standard deviations of a binomial count: sqrt(7000 x 6 / 49) = 29
  for (const count of counts) assertAlmostEquals(count, 1000, 6 * 29.3);
  assertEquals(random.integer(1), 0);
});

Deno.test("Random.normal() has mean 0, deviation 1 and a normal's tails", () => {
  const random = new Random(3, "normals");
  const n = 20_000;
  const values = Array.from({ length: n }, () => random.normal());
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / n;
  assertAlmostEquals(mean, 0, 5 / Math.sqrt(n));
  assertAlmostEquals(variance, 1, 5 * Math.sqrt(2 / n));
  assertAlmostEquals(beyondTwo, 0.0455, 5 * Math.sqrt(0.0455 / n));
});

Deno.test("Random.shuffle() permutes, the same way for the same seed, stream and step", () => {
  const items = Array.from({ length: 50 }, (_, i) => i);
  const order = (seed: number, stream: string, step: number) =>
    new Random(seed, stream, step).shuffle([...items]);
  const first = order(1, "shuffle/normal", 0);
  assertEquals([...first].sort((a, b) => a - b), items);
  assertEquals(order(1, "shuffle/normal", 0), first);
  for (
    const other of [
      order(2, "shuffle/normal", 0),
      order(1, "shuffle/abnormal", 0),
      order(1, "shuffle/normal", 1),
    ]
  ) {
    assert(String(other) !== String(first));
  }
});
