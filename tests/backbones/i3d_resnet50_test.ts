import { assertEquals } from "@std/assert";
import { i3dGowtham } from "../../src/backbones/i3d_gowtham.ts";
import { i3dNonLocal } from "../../src/backbones/i3d_non_local.ts";
import { i3dPytorchvideo } from "../../src/backbones/i3d_pytorchvideo.ts";
import { i3dTushar } from "../../src/backbones/i3d_tushar.ts";
import { weightShapes } from "../../src/nn/backbone_network.ts";

const whole = i3dGowtham.config.parse({ non_local: true });
const keys = [...weightShapes(i3dGowtham, whole).keys()];

/** Caffe2's name of a key, as Facebook's pickles have it. */
function blobOf(key: string): string {
  const norm: Record<string, string> = {
    ...{ weight: "s", bias: "b", running_mean: "rm", running_var: "riv" },
  };
  const plain: Record<string, string> = { weight: "w", bias: "b" };
  const parts = key.split("."), end = parts.at(-1)!;
  if (parts[0] === "conv1") return "conv1_w";
  if (parts[0] === "bn1") return `res_conv1_bn_${norm[end]}`;
  const place = `${Number(parts[0].slice("layer".length)) + 1}_${parts[1]}`;
  if (parts[2] === "downsample") {
    return `res${place}_branch1_` + (parts[3] === "0" ? "w" : `bn_${norm[end]}`);
  }
  if (parts[2] === "nl") {
    return `nonlocal_conv${place}_` +
      (parts[3] === "bn" ? `bn_${norm[end]}` : `${parts[3]}_${plain[end]}`);
  }
  const letter = "abc"[Number(parts[2].at(-1)) - 1];
  return `res${place}_branch2${letter}_` + (parts[2].startsWith("bn") ? `bn_${norm[end]}` : "w");
}

Deno.test("i3d_gowtham reads the tensors of the official state dicts: 265, and 325 with non-local blocks", () => {
  assertEquals(weightShapes(i3dGowtham, i3dGowtham.config.parse({})).size, 265);
  assertEquals(keys.length, 325);
  const shapes = weightShapes(i3dGowtham, whole);
  assertEquals(shapes.get("layer2.1.nl.theta.weight"), [256, 512, 1, 1, 1]);
  assertEquals(shapes.get("layer2.1.nl.out.weight"), [512, 256, 1, 1, 1]);
  assertEquals(shapes.get("layer4.1.conv1.weight"), [512, 2048, 3, 1, 1]);
});

Deno.test("i3d_gowtham knows each of Caffe2's blobs, and passes over what nothing reads", () => {
  for (const key of keys) assertEquals(i3dGowtham.placeOf(blobOf(key), whole), { key });
  for (const key of keys) assertEquals(i3dGowtham.placeOf(key, whole), { key });
  for (const name of ["pred_w", "pred_b", "fc.weight", "lr", "model_iter", "conv1_w_momentum"]) {
    assertEquals(i3dGowtham.placeOf(name, whole), "unused");
  }
  for (const name of ["res2_0_branch2a", "res2_0_branch2d_w", "nonlocal_conv3_1_w", "conv2_w"]) {
    assertEquals(i3dGowtham.placeOf(name, whole), null, name);
  }
});

Deno.test("i3d_pytorchvideo reads 265 tensors, and features 32 times as wide as the stem", () => {
  const config = i3dPytorchvideo.config.parse({});
  const shapes = weightShapes(i3dPytorchvideo, config);
  assertEquals(shapes.size, 265);
  assertEquals(shapes.get("blocks.5.res_blocks.2.branch2.conv_c.weight"), [2048, 512, 1, 1, 1]);
  for (const key of shapes.keys()) assertEquals(i3dPytorchvideo.placeOf(key, config), { key });
  assertEquals(i3dPytorchvideo.placeOf("blocks.6.proj.weight", config), "unused");
  assertEquals(i3dPytorchvideo.placeOf("blocks.2.weight", config), null);
  assertEquals(i3dPytorchvideo.facts({ ...config, stem: 16 }).dim, 512);
});

Deno.test("the two lineages of one network differ in what frames hold", () => {
  const [gowtham, tushar] = [i3dGowtham, i3dTushar].map((entry) => entry.facts(whole));
  assertEquals([gowtham.lineage, tushar.lineage], ["gowtham", "tushar"]);
  assertEquals(gowtham.values === tushar.values, false);
  assertEquals(i3dNonLocal("tushar", { summary: "", values: "" }).facts(whole).dim, 2048);
});
