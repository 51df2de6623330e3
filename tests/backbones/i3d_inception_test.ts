import { assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { i3dInception } from "../../src/backbones/i3d_inception.ts";
import { weightShapes } from "../../src/nn/backbone_network.ts";

for (
  const [lineage, unit, branch, classifier] of [
    ["urdmu", "conv3d_1a_7x7.conv3d", "mixed_4e.branch_1.1.batch3d", "conv3d_0c_1x1.conv3d"],
    ["piergiaj", "Conv3d_1a_7x7.conv3d", "Mixed_4e.b1b.bn", "logits.conv3d"],
  ]
) {
  Deno.test(`i3d_inception reads 285 tensors of 12,301,824 numbers in the names of ${lineage}`, () => {
    const config = i3dInception.config.parse({ lineage });
    const shapes = weightShapes(i3dInception, config);
    const numbers = [...shapes.values()].reduce(
      (sum, shape) => sum + tf.util.sizeFromShape(shape),
      0,
    );
    assertEquals([shapes.size, numbers], [285, 12_301_824]);
    assertEquals(shapes.get(`${unit}.weight`), [64, 3, 7, 7, 7]);
    assertEquals(shapes.get(`${branch}.running_var`), [288]);
    for (const key of shapes.keys()) assertEquals(i3dInception.placeOf(key, config), { key });
    assertEquals(i3dInception.placeOf(`${classifier}.weight`, config), "unused");
  });
}

Deno.test("i3d_inception knows no names of the other code, whose batch norms differ", () => {
  const urdmu = i3dInception.config.parse({});
  assertEquals(i3dInception.placeOf("Mixed_3b.b0.bn.weight", urdmu), null);
  assertEquals(i3dInception.facts(urdmu).lineage, "urdmu");
});
