import { assertEquals, assertThrows } from "@std/assert";
import { interpolate } from "../../src/config/interpolate.ts";

const environment = (name: string) => ({ DIR: "/data", STEPS: "40", NO: "null" })[name];

function resolved(tree: Record<string, unknown>): Record<string, unknown> {
  interpolate(tree, environment);
  return tree;
}

Deno.test("interpolate() takes the value and type of another key", () => {
  assertEquals(resolved({ a: { x: "${b.y}", z: "n${b.y}" }, b: { y: 3 } }), {
    a: { x: 3, z: "n3" },
    b: { y: 3 },
  });
});

Deno.test("interpolate() follows a chain and lists", () => {
  assertEquals(resolved({ a: ["${b}", 1], b: "${c.d}", c: { d: [true] } }), {
    a: [[true], 1],
    b: [true],
    c: { d: [true] },
  });
});

Deno.test("interpolate() reads the environment, with defaults, inside each other", () => {
  const tree = resolved({
    root: "${oc.env:DIR}/ucf",
    steps: "${oc.env:STEPS}",
    word: "${oc.env:NO}",
    other: '${oc.env:MISSING,"a, b"}',
    none: "${oc.env:MISSING,null}",
    nested: "${oc.env:MISSING,${oc.env:DIR}/x}",
  });
  assertEquals(tree, {
    root: "/data/ucf",
    steps: 40,
    word: "null",
    other: "a, b",
    none: null,
    nested: "/data/x",
  });
});

Deno.test("interpolate() refuses circles, unknown keys and unset variables", () => {
  assertThrows(() => resolved({ a: "${b}", b: "${a}" }), RangeError, "a -> b -> a is a circle");
  assertThrows(() => resolved({ a: { b: "${a}" } }), RangeError, "circle");
  assertThrows(() => resolved({ a: "${b.c}", b: {} }), RangeError, '"${b.c}" names no setting');
  assertThrows(() => resolved({ a: "${oc.env:MISSING}" }), RangeError, "MISSING is not set");
  assertThrows(() => resolved({ a: "${b" }), SyntaxError, 'lacks its "}"');
});
