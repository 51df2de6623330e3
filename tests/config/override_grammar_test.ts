import { assertEquals, assertThrows } from "@std/assert";
import { parseOverride, parseValue } from "../../src/config/override_grammar.ts";

Deno.test("parseValue() reads null, truth, numbers and text as Hydra does", () => {
  const cases: [string, unknown][] = [
    ["null", null],
    ["true", true],
    ["False", false],
    ["3", 3],
    ["-7", -7],
    ["1e-4", 0.0001],
    [".5", 0.5],
    ["0x10", 16],
    ["007", 7],
    ["1_000", "1_000"],
    ["1.2.3", "1.2.3"],
    ["off", "off"],
    ["", ""],
    ["a b", "a b"],
    ["/data/x=y,z", "/data/x=y,z"],
    ["C:\\data", "C:\\data"],
    ["'3'", "3"],
    ['"a \\" b"', 'a " b'],
    ["'it\\'s'", "it's"],
  ];
  for (const [text, value] of cases) assertEquals(parseValue(text), value, text);
});

Deno.test("parseValue() reads lists and mappings, nested", () => {
  assertEquals(parseValue("[1,2]"), [1, 2]);
  assertEquals(parseValue("[]"), []);
  assertEquals(parseValue("[ a , 'b,c' , [1e3] ]"), ["a", "b,c", [1000]]);
  assertEquals(parseValue("{a:1}"), { a: 1 });
  assertEquals(parseValue("{name: smoothness, weight: 0, x: {y: [null]}}"), {
    name: "smoothness",
    weight: 0,
    x: { y: [null] },
  });
});

Deno.test("parseValue() keeps an expression whole", () => {
  const text = '${oc.env:DIR,"a,b"}/x';
  assertEquals(parseValue(text), text);
  assertEquals(parseValue("[${a.b},2]"), ["${a.b}", 2]);
});

Deno.test("parseOverride() tells the four forms apart", () => {
  const parts = (text: string) => {
    const { action, path, value } = parseOverride(text);
    return [action, path.join("."), value];
  };
  assertEquals(parts("runner.head.k=3"), ["set", "runner.head.k", 3]);
  assertEquals(parts("+a.b=c"), ["add", "a.b", "c"]);
  assertEquals(parts("++a.b=c"), ["force", "a.b", "c"]);
  assertEquals(parts("~a.b"), ["remove", "a.b", undefined]);
  assertEquals(parts("data.root=a=b"), ["set", "data.root", "a=b"]);
});

Deno.test("parseOverride() refuses what is not of the grammar, and says why", () => {
  const cases: [string, string][] = [
    ["rtfm", "there is no ="],
    ["=3", '"" is not a key'],
    ["a..b=3", '"a..b" is not a key'],
    ["a b=3", '"a b" is not a key'],
    ["__proto__.x=3", "is not a key"],
    ["~a=3", "takes no value"],
    ["a=[1,2", "lacks its ]"],
    ["a=[1 2, {]", "is not a key"],
    ["a=[1]]", 'unexpected text from "]" on'],
    ["a={b}", '"b" lacks its ": value"'],
    ["a={b:1,b:2}", '"b" stands twice'],
    ["a='x", "lacks its closing '"],
    ["a=${b", "lacks its }"],
    [`a=${"[".repeat(99)}`, "nested over"],
  ];
  for (const [text, reason] of cases) {
    assertThrows(() => parseOverride(text), SyntaxError, reason, text);
  }
});
