import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { buildDictionary } from "../../src/commands/build_dictionary.ts";
import { readDictionary } from "../../src/dictionary/read_dictionary.ts";
import { registry } from "../../src/model/registry.ts";
import { silent } from "../../src/progress.ts";

const config = resolveConfig({
  overrides: ["runner=s3r", "data.dim=32", "data.crops=2", "data.synthetic.videos_train=10"],
  catalog: registry,
});
const request = {
  config,
  overwrite: false,
  percent: 50,
  iterations: 5,
  seed: 42,
  progress: silent,
};

for (const name of ["codes.npy", "codes.safetensors"]) {
  Deno.test(`buildDictionary() writes ${name} with two entries a channel, and it is read again`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const out = join(folder, name);
      const built = await buildDictionary({ ...request, out, method: "codes" });
      assertEquals([built.slots, built.channels, built.videos], [5, 32, 10]);
      assertEquals(built.settings[1], "runner.encoder.slots=5");
      const { shape, data } = await readDictionary(out, 5);
      assertEquals(shape, [5, 32]);
      for (let c = 0; c < 32; c++) {
        const entries = Array.from({ length: 5 }, (_, s) => data[s * 32 + c]);
        assertEquals(entries.filter((value) => value !== 0).length, 2);
      }
      const wrong = await assertRejects(() => readDictionary(out, 400), TypeError);
      assertEquals(wrong.message.endsWith("set runner.encoder.slots=5"), true);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("readDictionary() without a file says what to run", async () => {
  await assertRejects(() => readDictionary(null, 400), Error, "wsvad dictionary --out");
});
