import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { isFault, openModel, readFeatures, train } from "../mod.ts";
import { encodeNpy } from "../src/io/npy.ts";
import { silent } from "../src/progress.ts";
import { scoreFiles } from "../src/commands/score_files.ts";

Deno.test("openModel() scores as wsvad score does, and leaves the features as they were", async () => {
  const folder = await Deno.makeTempDir();
  const device = { device: "cpu", blas: "off" } as const;
  try {
    const settings = [
      ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2"],
      ...["trainer.max_steps=3", "data.normalize=l2"],
      "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
    ];
    const run = join(folder, "run"), file = join(folder, "v.npy");
    await train({ runner: "mil", settings, out: run, device });
    const values = new Float32Array(7 * 8).map((_, i) => Math.sin(i));
    await Deno.writeFile(file, encodeNpy([7, 8], values));
    await scoreFiles({
      ...{ checkpoint: run, paths: [file], overrides: [], configDirs: [], out: join(folder, "s") },
      ...{ formats: ["json"], top: 1, overwrite: false, device, progress: silent },
    });
    const { scores: expected } = JSON.parse(Deno.readTextFileSync(join(folder, "s", "v.json")));
    const features = await readFeatures(file, { dim: 8 }), before = features.values.slice();
    await using model = await openModel(run, { device });
    const scores = await model.score(features);
    assertEquals(scores.length, 7);
    assertEquals([...scores], expected.map(Math.fround));
    assertEquals(features.values, before);
    const error = await assertRejects(
      () => model.score({ ...features, dim: 4, crops: 2 }),
      RangeError,
      "expected 8 channels, found 4",
    );
    assert(isFault(error));
    await model.close(); // and once more where its scope ends
    const other = { device, settings: ["runner.head.hidden=[4,3]"] };
    await assertRejects(() => openModel(run, other), TypeError, "fc1.weight");
    assertEquals(tf.findBackend("wasm"), null, "the device of a model that failed stays open");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
