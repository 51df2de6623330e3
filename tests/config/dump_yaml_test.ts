import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { dumpYaml } from "../../src/config/dump_yaml.ts";
import { loadYaml } from "../../src/config/load_yaml.ts";

Deno.test("dumpYaml() writes lists of scalars on one line and others as blocks", () => {
  assertEquals(
    dumpYaml({ a: [1, 1e-9, "x"], b: [{ c: null }], d: [] }),
    "a: [1, 1e-9, x]\nb:\n  - c: null\nd: []\n",
  );
});

Deno.test("dumpYaml() writes what loadYaml() reads back, whatever text and numbers there are", () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("null", "1e3", "true", "~", "- a", "a: b", "#", "'", '"', "${x}", "2020-01-01"),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
    fc.boolean(),
    fc.constant(null),
  );
  const key = fc.stringMatching(/^k[a-z_]{0,12}$/);
  const value = fc.oneof(
    scalar,
    fc.array(scalar),
    fc.array(fc.dictionary(key, scalar, { noNullPrototype: true })),
  );
  fc.assert(
    fc.property(fc.dictionary(key, value, { noNullPrototype: true }), (tree) => {
      assertEquals(loadYaml(dumpYaml(tree), "dumped").value ?? {}, tree);
    }),
    { numRuns: 500 },
  );
});
