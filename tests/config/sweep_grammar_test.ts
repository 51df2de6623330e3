import { assertEquals, assertThrows } from "@std/assert";
import { isSwept, parseSweep } from "../../src/config/sweep_grammar.ts";

for (
  const [text, values] of [
    ["a=1,2,3", ["1", "2", "3"]],
    ["a= 1e-4 , 1e-3 ", ["1e-4", "1e-3"]],
    ["a=0..4", ["0", "1", "2", "3", "4"]],
    ["a=-1..1,7", ["-1", "0", "1", "7"]],
    ["a=3..3", ["3"]],
    ["a=range(3)", ["0", "1", "2"]],
    ["a=range(1,8,2)", ["1", "3", "5", "7"]],
    ["a=range(0,0.5,0.1)", ["0", "0.1", "0.2", "0.3", "0.4"]],
    ["a=range(3,0,-1)", ["3", "2", "1"]],
    ["a=choice(x, 'y,z', [1,2])", ["x", "'y,z'", "[1,2]"]],
    ["a=choice(x)", ["x"]],
    ["a=[1,2],[3,4]", ["[1,2]", "[3,4]"]],
    ["a={b:1,c:2},null", ["{b:1,c:2}", "null"]],
    ["a='it''s',it's", ["'it''s'", "it's"]],
    ["++a.b=${oc.env:X,1},2", ["${oc.env:X,1}", "2"]],
  ] as const
) {
  Deno.test(`parseSweep() reads ${text}`, () => {
    const sweep = parseSweep(text);
    assertEquals(sweep.values, [...values]);
    assertEquals(isSwept(sweep), true);
  });
}

for (const text of ["a=1", "a=1..", "a='1,2'", "a=[1,2]", "a={b:1,c:2}", "a=", "~a", "a=x/it's"]) {
  Deno.test(`parseSweep() reads ${text} as a single value`, () => {
    assertEquals(isSwept(parseSweep(text)) && !text.startsWith("~"), false);
  });
}

for (
  const [text, interval] of [
    ["a=interval(0.1,0.9)", { low: 0.1, high: 0.9, log: false, whole: false }],
    ["a=interval(1,8)", { low: 1, high: 8, log: false, whole: true }],
    ["a=loguniform(1e-5,1e-2)", { low: 1e-5, high: 1e-2, log: true, whole: false }],
    ["a=tag(log, interval(1e-5, 1e-2))", { low: 1e-5, high: 1e-2, log: true, whole: false }],
  ] as const
) {
  Deno.test(`parseSweep() reads ${text}`, () => assertEquals(parseSweep(text).values, interval));
}

for (
  const [text, reason] of [
    ["a=[1,2", "a ] is missing"],
    ["a='1,2", "lacks its closing '"],
    ["a=1,,2", "nothing beside a comma"],
    ["a=choice()", "choice() lacks a value"],
    ["a=range(4,1)", "the range is empty"],
    ["a=range(1,4,0)", "the step is 0"],
    ["a=range(1,x)", '"x" is not a number'],
    ["a=0..9999999", "at most 100000"],
    ["a=interval(2,1)", "ends at 1, before 2"],
    ["a=loguniform(0,1)", "the logarithm of 0"],
    ["a=interval(0,1),2", "an interval stands alone"],
    ["a=choice(interval(0,1),2)", "an interval stands alone"],
    ["a=tag(x,interval(0,1))", "tag(log,interval(low,high)) alone"],
    ["a=glob(*)", "there is no glob() here"],
  ]
) {
  Deno.test(`parseSweep() refuses ${text}`, () => {
    assertThrows(() => parseSweep(text), SyntaxError, reason);
  });
}
