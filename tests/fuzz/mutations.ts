/** Damaged files: real ones with bytes flipped, cut, inserted, or numbers made hostile. */

import fc from "fast-check";

type Mutation = (bytes: Uint8Array) => Uint8Array;

function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Where in the file, from 0 to 1; headers lie in front, so most of them near 0. */
const place = fc.oneof(
  fc.double({ min: 0, max: 0.3, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

const overwrite = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 8 }))
  .map(([where, part]): Mutation => (bytes) => {
    const at = Math.floor(where * bytes.length);
    return concat(bytes.subarray(0, at), part, bytes.subarray(at + part.length));
  });

/** Digits become other digits, 0xff bytes huge lengths, quotes and brackets unbalanced. */
const hostile = fc.tuple(
  place,
  fc.constantFrom("9", "99999999999999999999", "-", "'", '"', "(", "{", "]", "\\", ",", "O", "\0"),
).map(([where, text]): Mutation => (bytes) => {
  const at = Math.floor(where * bytes.length);
  const part = new TextEncoder().encode(text);
  return concat(bytes.subarray(0, at), part, bytes.subarray(at + part.length));
});

const hostileLength = fc.tuple(
  fc.nat(16),
  fc.constantFrom(1, 2, 4, 8),
  fc.constantFrom(0, 127, 255),
)
  .map(([at, count, value]): Mutation => (bytes) => bytes.slice().fill(value, at, at + count));

const cut = place.map((where): Mutation => (bytes) =>
  bytes.slice(0, Math.floor(where * bytes.length))
);

const insert = fc.tuple(place, fc.uint8Array({ maxLength: 64 }))
  .map(([where, part]): Mutation => (bytes) => {
    const at = Math.floor(where * bytes.length);
    return concat(bytes.subarray(0, at), part, bytes.subarray(at));
  });

const repeat = fc.tuple(place, place).map(([from, to]): Mutation => (bytes) => {
  const [a, b] = [from, to].map((where) => Math.floor(where * bytes.length)).sort((x, y) => x - y);
  return concat(bytes.subarray(0, b), bytes.subarray(a));
});

/** One of the files, mutated one to four times. */
export function damaged(files: Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const mutation = fc.oneof(overwrite, hostile, hostileLength, cut, insert, repeat);
  return fc.tuple(fc.constantFrom(...files), fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([file, mutations]) => mutations.reduce((bytes, mutate) => mutate(bytes), file));
}
