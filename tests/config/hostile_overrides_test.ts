import { assert } from "@std/assert";
import fc from "fast-check";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { isFault } from "../../src/fault.ts";
import { catalog, withFolder } from "./fake_catalog.ts";

Deno.test("resolveConfig() answers any override with a configuration or a fault", async () => {
  const key = fc.oneof(
    fc.constantFrom("runner", "data", "trainer", "eval", "head", "loss", "name", "smoothness", "0"),
    fc.constantFrom(
      "encoder",
      "branch",
      "optimizer",
      "betas",
      "1",
      "seed",
      "constructor",
      "length",
    ),
    fc.string({ maxLength: 3 }),
  );
  const value = fc.oneof(
    fc.constantFrom(
      "topk",
      "[]",
      "[topk]",
      "{}",
      "{name: topk}",
      "{name: {}}",
      "null",
      "-1",
      "1e400",
    ),
    fc.constantFrom("[{name: ranking}]", "${data.seed}", "${runner}", "${oc.env:HOME}", "${", "[["),
    fc.string({ maxLength: 8 }),
  );
  const override = fc.tuple(
    fc.constantFrom("", "", "", "+", "++", "~"),
    fc.array(key, { minLength: 1, maxLength: 4 }),
    fc.option(value),
  ).map(([prefix, path, text]) => `${prefix}${path.join(".")}${text === null ? "" : `=${text}`}`);
  await withFolder({}, (folder) => {
    fc.assert(
      fc.property(fc.array(override, { maxLength: 4 }), (overrides) => {
        try {
          resolveConfig({
            catalog,
            overrides: ["runner=method", ...overrides],
            configDirs: [folder],
          });
        } catch (error) {
          assert(isFault(error), (error as Error).stack);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
