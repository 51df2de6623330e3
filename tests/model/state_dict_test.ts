/** The state dicts that `wsvad export` writes, against those of the official codes. */

import { assertEquals } from "@std/assert";
import { listGroup } from "../../src/config/groups.ts";
import { stateDictPlan } from "../../src/model/state_dict.ts";
import { clipImageShapes } from "../../src/nn/clip_image_shapes.ts";
import { caseRecipe } from "../../src/verify/case_recipe.ts";
import { readCaseFile } from "../../src/verify/golden_case.ts";
import type { GoldenRunner } from "../../src/verify/golden_runner.ts";
import { goldenRunners } from "../../src/verify/runners/index.ts";
import { goldenFolder } from "../support/golden.ts";
import { hasShared, shared } from "../support/shared.ts";

type Shapes = Map<string, number[]>;

/** The whole state dict: what the model has, and what its official module has beside. */
function complete({ parameters, apart, unread, repeated }: ReturnType<typeof stateDictPlan>) {
  const shapes: Shapes = new Map([...parameters].filter(([name]) => !apart.has(name)));
  for (const [name, shape] of unread) shapes.set(name, shape);
  for (const [beginning, source] of repeated) {
    for (const [name, shape] of [...shapes]) {
      if (name.startsWith(source)) shapes.set(beginning + name.slice(source.length), shape);
    }
  }
  return shapes;
}

async function shapesOf(method: string): Promise<{ own: Shapes; golden: Shapes }> {
  const golden = await readCaseFile(goldenFolder(`${method}/eval`));
  const { settings } = goldenRunners[method] as GoldenRunner;
  const { model } = caseRecipe({ ...golden }, settings);
  const dim = golden.inputs.find(({ shape }) => shape.length > 2)!.shape.at(-1)!;
  const own = complete(stateDictPlan({ ...model, features: { ...model.features, dim } }));
  return { own, golden: new Map(golden.parameters.map(({ name, shape }) => [name, shape])) };
}

const VISUAL = "clipmodel.visual.", AGAIN = "clip_adapter.clipmodel.";

/** What a golden case leaves out of the official state dict, as the methods' pages tell it. */
const BESIDE: Record<string, (own: Shapes) => Shapes> = {
  clip_tsa: () =>
    new Map([
      ["mlp.fc1.weight", [1024, 512]],
      ["mlp.fc1.bias", [1024]],
      ["mlp.fc2.weight", [512, 1024]],
      ["mlp.fc2.bias", [512]],
    ]),
  vadclip: beside,
  dsanet(own) {
    const shapes = beside(own);
    shapes.set("clipmodel.text_projection", [512, 512]);
    for (const [name, shape] of own) {
      if (name.startsWith("clipmodel.")) shapes.set(`clip_adapter.${name}`, shape);
    }
    return shapes;
  },
};

/** The unused part of VadCLIP's; the image tower's names and shapes have a test of their own. */
function beside(own: Shapes): Shapes {
  const visual = [...own].filter(([name]) => name.startsWith(VISUAL));
  return new Map([...visual, ["clipmodel.logit_scale", []], ["disAdj.sigma", [1]]]);
}

for (const { name: method } of listGroup("runner", [])) {
  Deno.test(`the state dict of ${method} has the keys and shapes of the official code, each once`, async () => {
    const { own, golden } = await shapesOf(method);
    const expected = new Map([...golden, ...BESIDE[method]?.(own) ?? []]);
    // The prompts of pel4vad are no part of its module: what training alone reads is left out.
    own.delete("prompt_features");
    assertEquals([...own].sort(), [...expected].sort());
  });
}

Deno.test({
  name: "the image tower in VadCLIP's state dict is that of ViT-B/16",
  ignore: !hasShared,
  fn: async () => {
    const { own } = await shapesOf("vadclip");
    assertEquals(clipImageShapes(256), {}, "another width is none of ViT-B/16");
    const { parameters } = JSON.parse(
      Deno.readTextFileSync(shared("golden/clip_image/full/case.json")),
    );
    const expected = (parameters as { name: string; shape: number[] }[]).map((
      { name, shape },
    ) => [`${VISUAL}${name.replace(/^visual\./, "")}`, shape]);
    const found = [...own].filter(([name]) => name.startsWith(VISUAL));
    assertEquals(found.sort(), expected.sort());
    const again = [...(await shapesOf("dsanet")).own.keys()].filter((name) =>
      name.startsWith(`${AGAIN}visual.`)
    );
    assertEquals(again.length, found.length);
  },
});
