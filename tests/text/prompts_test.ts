import { assertEquals, assertThrows } from "@std/assert";
import { contextPrompt, plainPrompt, surroundedPrompt } from "../../src/text/prompts.ts";
import { clipTokenizer } from "../../src/text/tokenizer.ts";

const tokenizer = clipTokenizer();
const [start, end] = [tokenizer.start, tokenizer.end];
const road = [4370, 22072]; // "RoadAccidents"

/** Tokens as they are, learned rows as "L0", "L1" ... */
const shown = (sources: { token?: number; learned?: number }[]) =>
  sources.map(({ token, learned }) => token ?? `L${learned}`);

Deno.test("plainPrompt() is start, words, end, read at the end", () => {
  const { sources, readOut } = plainPrompt(tokenizer, "RoadAccidents", 77);
  assertEquals(shown(sources), [start, ...road, end]);
  assertEquals(readOut, 3);
});

Deno.test("surroundedPrompt() has row j of the table at position j, VadCLIP's words at 11 and the end at 20 + e", () => {
  const { sources, readOut } = surroundedPrompt(tokenizer, "RoadAccidents", {
    context: 77,
    prefix: 10,
    postfix: 10,
  });
  const before = Array.from({ length: 10 }, (_, j) => `L${1 + j}`);
  const behind = Array.from({ length: 10 }, (_, j) => `L${13 + j}`); // rows 10 + e .. 19 + e, e = 3
  assertEquals(shown(sources), [start, ...before, ...road, ...behind, end]);
  assertEquals(readOut, 23);
});

Deno.test("contextPrompt() has the learned vectors behind the start", () => {
  const { sources, readOut } = contextPrompt(tokenizer, "RoadAccidents", {
    context: 77,
    learned: 3,
  });
  assertEquals(shown(sources), [start, "L0", "L1", "L2", ...road, end]);
  assertEquals(readOut, 6);
});

Deno.test("prompts that are too long are refused with their text", () => {
  const around = { context: 10, prefix: 5, postfix: 5 };
  assertThrows(
    () => surroundedPrompt(tokenizer, "Normal", around),
    RangeError,
    '"Normal": it takes 13 positions, the text tower has 10; shorten the text',
  );
  assertThrows(
    () => contextPrompt(tokenizer, "Normal", { context: 5, learned: 3 }),
    RangeError,
    "it takes 6 positions",
  );
});
