import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random } from "../../src/random.ts";
import { byteCharacters, bytesInOrder } from "../../src/text/byte_alphabet.ts";
import { cleanText } from "../../src/text/clean_text.ts";
import { Tokenizer } from "../../src/text/tokenizer.ts";
import { clipVocabulary, type Vocabulary, vocabularyOf } from "../../src/text/vocabulary.ts";
import { goldenFolder } from "../support/golden.ts";

interface GoldenTokens {
  vocabulary: number;
  start: number;
  end: number;
  cases: { text: string; ids: number[]; too_long: boolean; padded77: number[] | null }[];
}

const golden: GoldenTokens = JSON.parse(
  Deno.readTextFileSync(`${goldenFolder("clip_text")}/tokens.json`),
);
const tokenizer = new Tokenizer(clipVocabulary());

Deno.test("Tokenizer gives the official ids of every golden text, those that ftfy cleans included", () => {
  assertEquals(
    [tokenizer.size, tokenizer.start, tokenizer.end],
    [golden.vocabulary, golden.start, golden.end],
  );
  for (const { text, ids } of golden.cases) {
    assertEquals([tokenizer.start, ...tokenizer.pieces(text), tokenizer.end], ids, text);
  }
  assert(golden.cases.length > 70);
});

Deno.test("Tokenizer.row() fills up with zeros, and cuts or refuses what is too long", () => {
  for (const { text, ids, too_long: tooLong, padded77 } of golden.cases) {
    if (tooLong) {
      assertThrows(
        () => tokenizer.row(text, 77),
        RangeError,
        "the text tower takes 77; shorten it",
      );
      assertEquals([...tokenizer.row(text, 77, true)], padded77);
    } else {
      const expected = [...ids, ...new Array(77 - ids.length).fill(0)];
      assertEquals([...tokenizer.row(text, 77)], expected);
    }
  }
});

Deno.test("Tokenizer takes letters for what they are in any case", () => {
  assertEquals(tokenizer.pieces("RoadAccidents"), tokenizer.pieces("roadaccidents"));
  assertEquals(tokenizer.pieces("ROADACCIDENTS"), tokenizer.pieces("roadaccidents"));
});

function ranksOf(merges: readonly string[]): Map<string, number> {
  return new Map(merges.map((merge, i) => [merge, i]));
}

/** Byte pairs as clip_text.md says, step by step: what the library is compared with. */
function plainPieces(text: string, { ids, merges }: Vocabulary, rank = ranksOf(merges)): number[] {
  const characterOf = new Map(bytesInOrder.map((byte, i) => [byte, byteCharacters[i]]));
  const found = cleanText(text).match(
    /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/gu,
  );
  return (found ?? []).flatMap((piece) => {
    if (/^<\|(start|end)oftext\|>$/.test(piece)) return [ids.get(piece)!];
    let symbols = Array.from(new TextEncoder().encode(piece), (byte) => characterOf.get(byte)!);
    symbols[symbols.length - 1] += "</w>";
    for (;;) {
      const pairs = symbols.slice(1).map((symbol, i) => `${symbols[i]} ${symbol}`);
      const best = pairs.reduce(
        (least, pair) =>
          (rank.get(pair) ?? Infinity) < (rank.get(least) ?? Infinity) ? pair : least,
        "",
      );
      if (!rank.has(best)) break;
      const merged: string[] = [];
      for (let i = 0; i < symbols.length; i++) {
        const isPair = `${symbols[i]} ${symbols[i + 1]}` === best;
        merged.push(isPair ? symbols[i] + symbols[++i] : symbols[i]);
      }
      symbols = merged;
    }
    return symbols.map((symbol) => ids.get(symbol)!);
  });
}

Deno.test("Tokenizer gives what plain byte pair merging gives, on random texts", () => {
  const random = new Random(3, "texts");
  const words = [
    ..."abcdefghijklmnopqrstuvwxyz",
    "ing",
    "ound",
    "the",
    "'s",
    "'ll",
    " ",
    "  ",
    "\t",
  ];
  const odd = [
    "é",
    "ß",
    "中",
    "😀",
    "\u200d",
    "٣",
    "7",
    "12",
    "!?",
    "-",
    "_",
    "Ω",
    "ï",
    "\u0301",
    "'",
  ];
  const vocabulary = clipVocabulary(), ranks = ranksOf(vocabulary.merges);
  for (let n = 0; n < 300; n++) {
    const from = n % 3 === 0 ? [...words, ...odd] : words;
    const text = Array.from(
      { length: 1 + random.integer(20) },
      () => from[random.integer(from.length)],
    )
      .join("");
    assertEquals(
      tokenizer.pieces(text),
      plainPieces(text, vocabulary, ranks),
      JSON.stringify(text),
    );
  }
});

Deno.test("Tokenizer spells a text byte by byte where the vocabulary has no merges", () => {
  const bytes = new Tokenizer(vocabularyOf([]));
  assertEquals([bytes.size, bytes.start, bytes.end], [514, 512, 513]);
  // "a" is byte 97, the 64th printable character; the last one of a word stands 256 higher
  assertEquals(bytes.pieces("Ab a"), [64, 65 + 256, 64 + 256]);
  assertEquals(bytes.pieces("é"), plainPieces("é", vocabularyOf([])));
});

Deno.test("cleanText() does what ftfy, unescaping and white space do", () => {
  assertEquals(cleanText("  two \u00a0 spaces\u2003\r\n "), "two spaces");
  assertEquals(cleanText("“curly” ‘quotes’"), "\"curly\" 'quotes'");
  assertEquals(cleanText("ﬁre ＡＢＣ cafe\u0301"), "fire abc caf\u00e9");
  assertEquals(cleanText("&amp;lt; &eacute; &#x41;"), "< é a");
  assertEquals(cleanText("a\x1b[31mb\ufeffc\x07"), "abc");
});
