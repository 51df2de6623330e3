import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { knownSettings } from "../../src/commands/known_settings.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { FeatureRecipe } from "../../src/data/feature_recipe.ts";
import { registry } from "../../src/model/registry.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { wholeRecipe as recipe } from "../data/motion_recipe.ts";

Deno.test("knownSettings() takes from the recipe what features share with texts and stand for", () =>
  withFolder(async (root) => {
    for (const split of ["train", "test"]) await Deno.mkdir(join(root, split));
    const of = async (made: Partial<FeatureRecipe> | null, ...more: string[]) => {
      const path = join(root, "recipe.json");
      if (made === null) await Deno.remove(path);
      else await Deno.writeTextFile(path, JSON.stringify({ ...recipe, ...made }));
      const overrides = ["runner=mil", "data=features", `data.root=${root}`, ...more];
      return await knownSettings(resolveConfig({ catalog: registry, overrides }));
    };
    assertEquals(await of({}), []);
    assertEquals(await of({ backbone: "clip" }), ["data.features=clip"]);
    assertEquals(await of({ backbone: "clip" }, "data.features=i3d"), []);
    assertEquals(await of({ step: 8 }), ["eval.frames_per_snippet=8"]);
    assertEquals(await of({ step: 8 }, "eval.frames_per_snippet=8"), []);
    const sound = { sound: true, step: 96, backbone: "vggish" };
    assertEquals(await of(sound, "data.fps=25"), ["eval.frames_per_snippet=24"]);
    assertEquals(await of({ backbone: "one's own" }), []); // of a plugin
    assertEquals(await of(null), []);
  }));
