import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { BackboneFacts } from "../../src/contract/backbone.ts";
import { isFault } from "../../src/fault.ts";
import { checkBackbone, checkChain, type ModelConfig } from "../../src/model/chain.ts";
import { backboneFacts } from "../../src/model/load_backbone.ts";

const mil: ModelConfig = {
  features: { dim: 2048 },
  encoder: { name: "crop_mean" },
  head: { name: "mlp" },
  loss: [{ name: "ranking", weight: 1 }],
};

function faultOf(config: ModelConfig): string {
  const error = assertThrows(() => checkChain(config), TypeError) as Error;
  assertEquals(isFault(error), true);
  return error.message;
}

Deno.test("checkChain() binds the sizes along the chain", () => {
  const chain = checkChain(mil);
  assertEquals(chain.slots.map(({ given }) => given), [{ C: 2048 }, { N: 1, C: 2048 }]);
  assertEquals(chain.ports.get("scores"), { axes: ["B", "T", 1], properties: ["unit"] });
});

Deno.test("checkChain() assembles a method from parts of two papers", () => {
  const chain = checkChain({ ...mil, encoder: { name: "pyramid_non_local" } });
  assertEquals(chain.slots[1].given, { C: 2048 });
});

Deno.test("checkChain() names the entry, what it lacks and who provides it", () => {
  assertStringIncludes(
    faultOf({ ...mil, loss: [{ name: "selected_bce", weight: 1 }] }),
    'loss "selected_bce" requires "selected.scores"; head "mlp" does not provide it; heads that do: magnitude_topk',
  );
});

Deno.test("checkBackbone() refuses features of another width, and a text method on features without texts", () => {
  const facts = backboneFacts({ name: "clip" });
  const refused = (config: ModelConfig, facts: BackboneFacts) =>
    (assertThrows(() => checkBackbone(config, "i3d", facts), TypeError) as Error).message;
  const wide = { ...facts, dim: 2048, textAligned: false };
  assertEquals(checkBackbone(mil, "i3d", wide).slots.length, 2);
  assertStringIncludes(
    refused(mil, facts),
    'the features of backbone "i3d": they have 512 channels, the model reads 2048',
  );
  assertStringIncludes(
    refused({ ...mil, features: { dim: 2048, text_aligned: true } }, wide),
    "they share no space with texts; backbones that do: clip",
  );
});
