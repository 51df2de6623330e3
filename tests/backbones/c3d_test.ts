import { assertEquals } from "@std/assert";
import { c3d } from "../../src/backbones/c3d.ts";
import { weightShapes } from "../../src/nn/backbone_network.ts";

for (const lineage of ["port", "caffe"]) {
  Deno.test(`c3d of lineage ${lineage} reads 18 tensors, fc6 over 512 channels at 4 x 4 places`, () => {
    const config = c3d.config.parse({ lineage });
    const shapes = weightShapes(c3d, config);
    assertEquals(shapes.size, 18);
    assertEquals(shapes.get("conv3b.weight"), [256, 256, 3, 3, 3]);
    assertEquals(shapes.get("fc6.weight"), [4096, 8192]);
    for (const key of shapes.keys()) assertEquals(c3d.placeOf(key, config), { key });
    assertEquals(c3d.placeOf("fc8.bias", config), "unused");
    assertEquals(c3d.placeOf("conv6a.weight", config), null);
    assertEquals(c3d.facts(config).lineage, `c3d_${lineage}`);
  });
}

Deno.test("c3d's last pools differ where sizes are even: the ports have one window more", () => {
  const widthOf = (lineage: string) =>
    weightShapes(c3d, c3d.config.parse({ lineage, rows: 32, columns: 32 })).get("fc6.weight")![1];
  assertEquals([widthOf("port"), widthOf("caffe")], [512 * 4, 512]);
});
