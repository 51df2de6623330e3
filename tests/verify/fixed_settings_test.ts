/** What a golden case names and the code has fixed: another value is refused, not passed over. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { builtInCases } from "../../src/verify/built_in_cases.ts";
import { caseRecipe } from "../../src/verify/case_recipe.ts";
import { readCaseFile } from "../../src/verify/golden_case.ts";
import { runCase } from "../../src/verify/run_case.ts";
import { goldenRunners } from "../../src/verify/runners/index.ts";

const IS_EPS = /(^|_)eps$/;

Deno.test("every eps of a golden case is honoured, or refused by name where another is fixed", async () => {
  const seen = new Set<string>();
  for (const { name, folder } of builtInCases()) {
    const golden = { ...await readCaseFile(folder), expected: new Map() };
    const runner = goldenRunners[golden.runner];
    for (const key of Object.keys(golden.hyper).filter((key) => IS_EPS.test(key))) {
      const label = `${golden.runner} hyper.${key}`;
      if (seen.has(label)) continue;
      const other = { ...golden, hyper: { ...golden.hyper, [key]: 0.25 } };
      if (!("settings" in runner)) {
        // VideoMAE takes it with its sizes.
        if (!runner.fixed) continue;
        const error = await assertRejects(() => runCase(other, runner), RangeError, `hyper.${key}`);
        assert(isFault(error), label);
      } else {
        const own = JSON.stringify(caseRecipe(golden, runner.settings));
        let taken = own;
        try {
          taken = JSON.stringify(caseRecipe(other, runner.settings));
        } catch (error) {
          assert(isFault(error) && error.message.includes(`hyper.${key} is 0.25; cases`), label);
          taken = "refused";
        }
        assert(taken !== own, `${label} of ${name} is passed over`);
      }
      seen.add(label);
    }
  }
  const ofFour = [...seen].filter((label) => /gs_moe|vadclip|clip_image|inception/.test(label));
  assertEquals(ofFour.length, 4);
});

Deno.test("a golden case is refused that has another value than the method has fixed", async () => {
  let count = 0;
  for (const { folder } of builtInCases()) {
    const golden = await readCaseFile(folder);
    const runner = goldenRunners[golden.runner];
    if (!("settings" in runner)) continue;
    for (const [key, place] of Object.entries(runner.settings)) {
      if (place === null || typeof place !== "object" || !("fixed" in place)) continue;
      if (golden.hyper[key] === undefined) continue;
      count++;
      const other = { ...golden, hyper: { ...golden.hyper, [key]: 7 } };
      let said = "";
      try {
        caseRecipe(other, runner.settings);
      } catch (error) {
        said = (error as Error).message;
      }
      assert(said.includes(`hyper.${key} is 7; cases of ${golden.runner}`), `${folder} ${key}`);
    }
  }
  assert(count > 30, `only ${count}`);
});
