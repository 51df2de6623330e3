import { assertEquals, assertStringIncludes } from "@std/assert";
import { bindPort, parsePort } from "../../src/contract/ports.ts";
import type { Sizes } from "../../src/contract/slot.ts";

Deno.test("parsePort() reads axes and properties, and puts known sizes for letters", () => {
  assertEquals(parsePort("B N T D : text_aligned, unit", { D: 512 }), {
    axes: ["B", "N", "T", 512],
    properties: ["text_aligned", "unit"],
  });
});

Deno.test("bindPort() binds letters to sizes and keeps open letters open", () => {
  const sizes: Sizes = {};
  assertEquals(bindPort(parsePort("B N T C"), parsePort("B 1 T 2048"), sizes), undefined);
  assertEquals(sizes, { N: 1, C: 2048 });
});

Deno.test("bindPort() refuses another rank, another number and a letter bound to another size", () => {
  const problem = (required: string, provided: string, sizes: Sizes = {}) =>
    bindPort(parsePort(required), parsePort(provided), sizes)!;
  assertStringIncludes(problem("B T", "B T 1"), "expected [B, T], found [B, T, 1]");
  assertStringIncludes(problem("B T 1", "B T 2"), "expected [B, T, 1], found [B, T, 2]");
  assertStringIncludes(problem("B T C", "B T 512", { C: 2048 }), "where C is already 2048");
});

Deno.test("bindPort() refuses a value without a required property", () => {
  const problem = bindPort(parsePort("B T D : text_aligned"), parsePort("B T 2048"), {});
  assertEquals(problem, "it must be text_aligned, found [B, T, 2048]");
});
