import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { readVocabulary } from "../../src/text/read_vocabulary.ts";
import {
  clipVocabulary,
  packMerges,
  unpackMerges,
  type Vocabulary,
  vocabularyOf,
} from "../../src/text/vocabulary.ts";
import { hasShared, shared } from "../support/shared.ts";

const merges = ["t h", "th e</w>", "a n"];

/** A folder with files by name. */
function folderWith(files: Record<string, string | Uint8Array>): string {
  const folder = Deno.makeTempDirSync();
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(`${folder}/${name}`, bytes);
  }
  return folder;
}

function assertSame(found: Vocabulary, expected: Vocabulary): void {
  assertEquals(found.merges.join("\n"), expected.merges.join("\n"));
  assertEquals([found.start, found.end], [expected.start, expected.end]);
  assertEquals(found.ids.size, expected.ids.size);
  assert([...expected.ids].every(([symbol, id]) => found.ids.get(symbol) === id));
}

function hugging(vocabulary: Vocabulary): Record<string, string> {
  return {
    "vocab.json": JSON.stringify(Object.fromEntries(vocabulary.ids)),
    "merges.txt": `#version: 0.2\n${vocabulary.merges.join("\n")}\n`,
  };
}

Deno.test("vocabularyOf() numbers bytes, word ends, merges, start and end", () => {
  const { ids, start, end } = vocabularyOf(merges);
  assertEquals([ids.get("!"), ids.get("a"), ids.get("a</w>")], [0, 64, 320]);
  assertEquals([ids.get("th"), ids.get("the</w>"), ids.get("an")], [512, 513, 514]);
  assertEquals([start, end, ids.size], [515, 516, 517]);
});

Deno.test({
  name: "clipVocabulary() is what readVocabulary() makes of OpenAI's file",
  ignore: !hasShared,
  fn: () =>
    assertSame(clipVocabulary(), readVocabulary(shared("data/clip/bpe_simple_vocab_16e6.txt.gz"))),
});

Deno.test("unpackMerges() undoes packMerges(), which refuses a symbol before it is made", () => {
  assertEquals(unpackMerges(packMerges(merges)), merges);
  assertThrows(() => packMerges(["th e</w>", "t h"]), RangeError, 'uses "th" before it is made');
});

Deno.test("readVocabulary() reads a folder of Hugging Face's and its tokenizer.json", () => {
  const expected = vocabularyOf(merges);
  assertSame(readVocabulary(folderWith(hugging(expected))), expected);
  const vocab = Object.fromEntries(expected.ids);
  for (const form of [merges, merges.map((merge) => merge.split(" "))]) {
    const folder = folderWith({
      "tokenizer.json": JSON.stringify({ model: { vocab, merges: form } }),
    });
    assertSame(readVocabulary(folder), expected);
    assertSame(readVocabulary(`${folder}/tokenizer.json`), expected);
  }
});

Deno.test("readVocabulary() reads OpenAI's list, packed and plain, in a folder too", () => {
  const clip = clipVocabulary();
  const list = `"bpe_simple_vocab_16e6.txt#version: 0.2\n${clip.merges.join("\n")}\nx y\n`;
  const folder = folderWith({ "bpe_simple_vocab_16e6.txt.gz": gzipSync(list), "plain.txt": list });
  assertSame(readVocabulary(folder), clip);
  assertSame(readVocabulary(`${folder}/plain.txt`), clip);
});

Deno.test("readVocabulary() refuses what is none, naming the file", () => {
  const bytes = vocabularyOf([]);
  const cases: [Record<string, string | Uint8Array>, string, string][] = [
    [{}, "", "expected vocab.json with merges.txt, tokenizer.json or bpe_simple"],
    [{ "a.txt.gz": "no gzip" }, "/a.txt.gz", "not gzip-compressed UTF-8 text"],
    [{ "a.txt": "header\na b" }, "/a.txt", "expected 48894 merges after the first line, found 1"],
    [{ "tokenizer.json": "{" }, "", "expected a JSON object, found other text"],
    [{ "tokenizer.json": "{}" }, "", "expected model.merges, found none"],
    [{ ...hugging(bytes), "vocab.json": '{"a":0,"b":2}' }, "", "found none for 1"],
    [{ ...hugging(bytes), "vocab.json": '{"a":0}' }, "", 'expected the symbol "!"'],
    [{ ...hugging(bytes), "merges.txt": "a b c" }, "", 'found "a b c"'],
    [{ ...hugging(bytes), "merges.txt": "a b" }, "", 'two known symbols, found "a b"'],
    [{}, "/missing.json", "no such file or folder"],
  ];
  for (const [files, path, message] of cases) {
    assertThrows(() => readVocabulary(folderWith(files) + path), Error, message);
  }
});
