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

Deno.test("c3d's fc6 sees every place in time that is left: Caffe's last pool hangs over there too", () => {
  const widthOf = (lineage: string, frames: number) => {
    const config = c3d.config.parse({ lineage, frames, rows: 16, columns: 16, outputs: 5 });
    assertEquals(c3d.facts(config).snippet, frames);
    return weightShapes(c3d, config).get("fc6.weight")![1];
  };
  assertEquals([16, 24, 32].map((frames) => widthOf("caffe", frames)), [512, 1024, 1024]);
  assertEquals([16, 24, 32].map((frames) => widthOf("port", frames)), [512, 512, 1024]);
});
