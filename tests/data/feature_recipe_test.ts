import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import {
  type FeatureRecipe,
  parseRecipe,
  readRecipe,
  recipeDifference,
  recipeIdentity,
  recipeOfData,
} from "../../src/data/feature_recipe.ts";
import { dataSchema } from "../../src/config/schema/data.ts";
import { wholeRecipe as recipe } from "./motion_recipe.ts";

Deno.test("recipeDifference() names what makes other features, not who made them", () => {
  const others = { ...recipe, decoder: "ffmpeg 7", tool: "wsvad 2", dtype: "float16" as const };
  assertEquals(recipeDifference(recipe, others), null);
  assertEquals(recipeDifference({ ...recipe, step: null }, recipe), null); // of an earlier version
  const pooled = { ...recipe, segments: 32 };
  assertEquals(recipeDifference(pooled, recipe), "segments: 32 and null");
  assertEquals(recipeDifference(pooled, recipe, { ofSets: true }), null); // as papers train
  assertEquals(recipeIdentity(recipe), recipeIdentity(others));
  const ten = { ...recipe, crops: "ten" as const };
  assertEquals(recipeDifference(recipe, ten), `crops: "centre" and "ten"`);
  assertEquals(recipeIdentity(recipe) === recipeIdentity(ten), false);
});

Deno.test("recipes of backbones of one's own go together by what the file held, wherever it lies", () => {
  const by = (plugin: string) => ({ ...recipe, plugin });
  const [here, there, other] = ["/a/x.ts#sha256=0f", "/b/y.ts#sha256=0f", "/a/x.ts#sha256=1e"];
  assertEquals(recipeDifference(by(here), by(there)), null);
  assertEquals(recipeIdentity(by(here)), recipeIdentity(by(there)));
  const changed = 'plugin: "sha256=0f" and "sha256=1e"';
  assertEquals(recipeDifference(by(here), by(other)), changed);
  assertEquals(recipeDifference(recipe, by(here)), 'plugin: none and "sha256=0f"');
});

Deno.test("the recipe of a split is that of its folders, where all of them have the same", async () => {
  const root = await Deno.makeTempDir();
  try {
    const [normal, abnormal] = ["normal", "abnormal"].map((side) => join(root, "train", side));
    for (const folder of [normal, abnormal]) await Deno.mkdir(folder, { recursive: true });
    const write = (folder: string, told: FeatureRecipe) =>
      Deno.writeTextFile(join(folder, "recipe.json"), JSON.stringify(told));
    await write(normal, recipe);
    assertEquals(await readRecipe(join(root, "train")), null);
    await write(abnormal, recipe);
    assertEquals(await readRecipe(join(root, "train")), recipe);
    await write(abnormal, { ...recipe, jpeg: true });
    await assertRejects(() => readRecipe(join(root, "train")), Error, "jpeg: true and false");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("recipes are read beside features or above them, and refused where they are damaged", async () => {
  const root = await Deno.makeTempDir();
  try {
    for (const split of ["train", "test"]) await Deno.mkdir(join(root, split));
    assertEquals(await readRecipe(join(root, "train")), null);
    const write = (folder: string, told: FeatureRecipe) =>
      Deno.writeTextFile(join(root, folder, "recipe.json"), JSON.stringify(told));
    await write("", recipe);
    assertEquals(await readRecipe(join(root, "train")), recipe);
    const data = dataSchema.parse({ source: "folder", root, train: "train", test: "test" });
    assertEquals(await recipeOfData(data), recipe);
    await write("test", { ...recipe, jpeg: true });
    await assertRejects(() => recipeOfData(data), Error, "jpeg: false and true");
    assertThrows(() => parseRecipe("{", "it"), SyntaxError, "Cannot read it");
    assertThrows(() => parseRecipe("{}", "it"), SyntaxError, "as a recipe of features");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
