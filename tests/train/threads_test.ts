import { assert, assertEquals } from "@std/assert";
import { smallConfig, trainInto } from "./small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** Products and passes of a size that threads take part in. */
const LARGE = [
  ...["data.dim=256", "data.segments=32", "data.batch_size=16", "data.synthetic.videos_train=40"],
  ...["runner.head.hidden=[512,32]", "trainer.max_steps=6", "trainer.eval_every=3"],
];

async function train(threads: number | undefined, ...overrides: string[]) {
  let weights = new Uint8Array(), result: Record<string, unknown> = {};
  await withFolder(async (folder) => {
    const device = { device: "cpu", blas: "off", threads } as const;
    await trainInto(folder, smallConfig(...LARGE, ...overrides), { device });
    weights = await Deno.readFile(`${folder}/last.safetensors`);
    result = JSON.parse(await Deno.readTextFile(`${folder}/result.json`));
  });
  return { weights, device: JSON.stringify(result.device) };
}

Deno.test("A training gives the same bytes on 1, 2 and 3 threads, and result.json names their number", async () => {
  const one = await train(1);
  for (const threads of [2, 3]) {
    const { weights, device } = await train(threads);
    assertEquals(weights.length, one.weights.length);
    assert(weights.every((byte, i) => byte === one.weights[i]), `${threads} threads`);
    assert(device.includes(`"threads":${threads}`), device);
  }
});

Deno.test("trainer.threads counts where --threads is not given", async () => {
  const { device } = await train(undefined, "trainer.threads=3");
  assert(device.includes('"threads":3'), device);
  const given = await train(2, "trainer.threads=3");
  assert(given.device.includes('"threads":2'), given.device);
});
