/**
 * CLIP's vocabulary: the symbols with their ids, and the merges that build them from bytes. The one
 * that all CLIP models of OpenAI share is part of the tool; others are read from files.
 *
 * Source: openai/CLIP:clip/bpe_simple_vocab_16e6.txt.gz (MIT licence, Copyright (c) 2021 OpenAI).
 */

import { gunzipSync } from "node:zlib";
import { byteCharacters } from "./byte_alphabet.ts";
import packedMerges from "./clip_merges.b64" with { type: "text" };

/** Stands behind the last symbol of a word. */
export const WORD_END = "</w>";
export const START_TOKEN = "<|startoftext|>";
export const END_TOKEN = "<|endoftext|>";

/** Merges of OpenAI's file that its models know; the file holds more. */
export const CLIP_MERGES = 49152 - 256 - 2;

export interface Vocabulary {
  /** Id of each symbol, 0 to size - 1. */
  ids: ReadonlyMap<string, number>;
  /** Two symbols with a space between, the first merged first. */
  merges: readonly string[];
  start: number;
  end: number;
}

/**
 * The vocabulary that merges make: bytes, bytes that end a word, the merged symbols, start, end.
 */
export function vocabularyOf(merges: readonly string[]): Vocabulary {
  const ids = new Map<string, number>();
  const add = (symbol: string) => ids.set(symbol, ids.size);
  byteCharacters.forEach(add);
  for (const character of byteCharacters) add(character + WORD_END);
  for (const merge of merges) add(merge.replace(" ", ""));
  add(START_TOKEN);
  add(END_TOKEN);
  return { ids, merges, start: ids.get(START_TOKEN)!, end: ids.get(END_TOKEN)! };
}

let clip: Vocabulary | undefined;

/** CLIP's own, 49408 symbols; unpacked once. */
export function clipVocabulary(): Vocabulary {
  return clip ??= vocabularyOf(unpackMerges(gunzipSync(Uint8Array.fromBase64(packedMerges))));
}

/**
 * Merges as ids: each is two numbers of 16 bits, of symbols that stand before it. All low bytes of
 * the first numbers, all high bytes, then those of the second numbers: so they compress to 160 kB.
 *
 * @throws {RangeError} a symbol that comes later
 */
export function packMerges(merges: readonly string[]): Uint8Array {
  const count = merges.length, bytes = new Uint8Array(4 * count);
  const { ids } = vocabularyOf(merges);
  merges.forEach((merge, i) => {
    merge.split(" ").forEach((symbol, which) => {
      const id = ids.get(symbol);
      if (id === undefined || id >= 512 + i) {
        throw new RangeError(`Merge ${i} "${merge}" uses "${symbol}" before it is made`);
      }
      bytes[2 * which * count + i] = id & 0xFF;
      bytes[(2 * which + 1) * count + i] = id >> 8;
    });
  });
  return bytes;
}

/** Inverse of {@link packMerges}. */
export function unpackMerges(bytes: Uint8Array): string[] {
  const count = bytes.length / 4;
  const symbols = [...byteCharacters, ...byteCharacters.map((character) => character + WORD_END)];
  const merges: string[] = [];
  for (let i = 0; i < count; i++) {
    const symbol = (which: number) =>
      symbols[bytes[2 * which * count + i] | bytes[(2 * which + 1) * count + i] << 8];
    const first = symbol(0), second = symbol(1);
    merges.push(`${first} ${second}`);
    symbols.push(first + second);
  }
  return merges;
}
