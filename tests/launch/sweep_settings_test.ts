import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseSweep } from "../../src/config/sweep_grammar.ts";
import { parseRows } from "../../src/launch/matrix_rows.ts";
import { combinations } from "../../src/launch/sweep_settings.ts";

const of = (search: { budget: number; seed: number } | null, ...settings: string[]) =>
  combinations(settings.map(parseSweep), search);

Deno.test("combinations() are all of the swept settings, the last changing fastest", () => {
  assertEquals(of(null, "a=1,2", "b=3", "c=x,y"), [
    ["a=1", "c=x"],
    ["a=1", "c=y"],
    ["a=2", "c=x"],
    ["a=2", "c=y"],
  ]);
  assertEquals(of(null, "b=3"), [[]]);
  assertThrows(() => of(null, "a=0..999", "b=0..999"), RangeError, "1000000 combinations");
});

Deno.test("combinations() of a random search are the same for a seed, and a larger budget keeps them", () => {
  const settings = ["lr=loguniform(1e-5,1e-2)", "k=interval(1,8)", "d=0.1,0.5"];
  const ten = of({ budget: 10, seed: 3 }, ...settings);
  assertEquals(ten.length, 10);
  assertEquals(of({ budget: 20, seed: 3 }, ...settings).slice(0, 10), ten);
  assert(JSON.stringify(of({ budget: 10, seed: 4 }, ...settings)) !== JSON.stringify(ten));
  // A setting more changes none of the others' draws.
  const more = of({ budget: 10, seed: 3 }, ...settings, "e=interval(0.0,1.0)");
  assertEquals(more.map((row) => row.slice(0, 3)), ten);
});

Deno.test("combinations() of a random search lie in their intervals, evenly in the logarithm where asked", () => {
  const many = of({ budget: 400, seed: 0 }, "lr=loguniform(1e-4,1)", "k=interval(1,3)");
  const [rates, ks] = [0, 1].map((i) => many.map((row) => Number(row[i].split("=")[1])));
  assert(rates.every((rate) => rate >= 1e-4 && rate <= 1));
  const below = rates.filter((rate) => rate < 1e-2).length;
  assert(below > 160 && below < 240, `${below} of 400 below the middle of the logarithm`);
  assertEquals([...new Set(ks)].sort(), [1, 2, 3]);
});

Deno.test("combinations() of a random search over few values are all of them, each once", () => {
  const found = of({ budget: 50, seed: 0 }, "a=1,2", "b=1,2,3").map(String).sort();
  assertEquals(found, of(null, "a=1,2", "b=1,2,3").map(String).sort());
});

Deno.test("parseRows() reads methods, variants and named variants", () => {
  assertEquals(
    parseRows(["mil, rtfm,mil@runner.head.dropout=0,plain=mil@a.b=[1,2]@c=choice(1,2)"]),
    [
      { name: "mil", runner: "mil", settings: [] },
      { name: "rtfm", runner: "rtfm", settings: [] },
      { name: "mil@runner.head.dropout=0", runner: "mil", settings: ["runner.head.dropout=0"] },
      { name: "plain", runner: "mil", settings: ["a.b=[1,2]", "c=choice(1,2)"] },
    ],
  );
});

for (
  const [text, reason] of [
    ["mil,rtfm,mil", '"mil" stands twice'],
    ["", "there is none"],
    ["@a=1", "names no method"],
    ["mil@", "lacks a setting"],
    ["mil@a=[1,2", "a ] is missing"],
  ]
) {
  Deno.test(`parseRows() refuses "${text}"`, () => {
    assertThrows(() => parseRows([text]), SyntaxError, reason);
  });
}
