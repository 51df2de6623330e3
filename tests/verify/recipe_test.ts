/** The recipes in configs/runner are the papers: a slip in one of them must show. */

import { assert, assertEquals } from "@std/assert";
import { verifyText } from "../../src/cli/results.ts";
import { runVerify } from "../../src/commands/run_verify.ts";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { listGroup } from "../../src/config/groups.ts";
import { builtInCases } from "../../src/verify/built_in_cases.ts";
import { recipeAgainst } from "../../src/verify/case_recipe.ts";
import { readCaseFile } from "../../src/verify/golden_case.ts";
import type { GoldenRunner } from "../../src/verify/golden_runner.ts";
import { goldenRunners } from "../../src/verify/runners/index.ts";

async function agreed(name: string) {
  const own = builtInCases().filter((place) => place.name.startsWith(`${name}/`));
  const cases = await Promise.all(own.map(({ folder }) => readCaseFile(folder)));
  const { settings, apart } = goldenRunners[name] as GoldenRunner;
  return recipeAgainst(cases, settings, apart);
}

for (const { name } of listGroup("runner", [])) {
  Deno.test(`the recipe of ${name} has every setting as a golden case of it`, async () => {
    const settings = await agreed(name);
    assert(settings.length > 4);
    assertEquals(settings.filter(({ ok }) => !ok), []);
  });
}

/** Runs built-in cases with one text of a recipe changed; what fails, tensors and settings. */
async function failuresOf(runner: string, from: string, to: string, cases: string[]) {
  const text = EMBEDDED.runner[runner];
  assert(text.includes(from), `no "${from}" in the recipe of ${runner}`);
  EMBEDDED.runner[runner] = text.replace(from, to);
  try {
    const report = await runVerify({ cases, device: "cpu", blas: "off" });
    assert(!report.ok, "nothing failed");
    return report.cases.flatMap(({ tensors }) => tensors).filter(({ ok }) => !ok);
  } finally {
    EMBEDDED.runner[runner] = text;
  }
}

const SLIPS: [what: string, runner: string, from: string, to: string, cases: string[]][] = [
  ["a margin", "rtfm", "margin: 100", "margin: 10", ["rtfm/eval"]],
  ["weight decay", "rtfm", "weight_decay: 5.0e-3", "weight_decay: 5.0e-4", ["rtfm/eval"]],
  ["a dropout", "rtfm", "  dropout: 0.7", "  dropout: 0.07", ["rtfm/eval"]],
  ["the width of a layer", "rtfm", "hidden: [512, 128]", "hidden: [512, 64]", ["rtfm/eval"]],
  ["an activation", "mil", "activations: [relu, none]", "activations: [relu, relu]", ["mil/eval"]],
  ["the eps of an optimiser", "mil", "eps: 1.0e-8", "eps: 1.0e-4", ["mil/steps"]],
  ["a weight that no case names", "ur_dmu", "weight: 1.0e-4", "weight: 2.0e-4", ["ur_dmu/train"]],
];

for (const [what, runner, from, to, cases] of SLIPS) {
  Deno.test(`runVerify() fails where the recipe of ${runner} has another value for ${what}`, async () => {
    await failuresOf(runner, from, to, cases);
  });
}

Deno.test("runVerify() says what the recipe has and what the official code has", async () => {
  const [only, ...more] = await failuresOf("rtfm", "margin: 100", "margin: 10", ["rtfm/eval"]);
  assertEquals(more, []);
  assertEquals(only.name, "runner.loss.magnitude_margin.margin");
  assertEquals(only.note, "10, the official code has 100");
});

Deno.test("runVerify() holds recipes against the cases of methods whose built-in cases are run", async () => {
  const report = await runVerify({ cases: ["mil/eval"], device: "cpu", blas: "off" });
  assertEquals(report.cases.map(({ folder }) => folder), ["configs/runner/mil.yaml", "mil/eval"]);
  assert(report.ok && verifyText(report).includes("settings in"), verifyText(report));
});
