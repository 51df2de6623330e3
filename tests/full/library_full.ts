/** The examples in the comments of mod.ts: their types, and what they do. */

import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { train } from "../../mod.ts";
import { encodeNpy } from "../../src/io/npy.ts";

Deno.test("the examples in mod.ts do what they say", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--frozen", "--doc", "mod.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(success, text + new TextDecoder().decode(stderr));
  assert(text.includes("2 passed"), text);
  assert(!text.includes("Assertion failed"), text);
  assert(!new TextDecoder().decode(stderr).includes("Assertion failed"));
});

Deno.test("docs/library.md's program runs in a folder of its own", async () => {
  const folder = await Deno.makeTempDir({ prefix: "wsvad library " });
  try {
    const settings = [
      ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2"],
      ...["trainer.max_steps=3"],
      "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
    ];
    await train({
      runner: "mil",
      settings,
      out: `${folder}/runs/first`,
      device: { device: "cpu" },
    });
    await Deno.writeFile(`${folder}/video.npy`, encodeNpy([3, 8], new Float32Array(24).fill(0.5)));
    const read = (path: string) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    const page = await read("docs/library.md");
    const [, config] = /```json\n(.*?)```/s.exec(page)!,
      [, program] = /```ts\n(.*?)```/s.exec(page)!;
    const own = JSON.parse(config);
    own.imports = {
      ...JSON.parse(await read("deno.json")).imports,
      wsvad: new URL("../../mod.ts", import.meta.url).href,
    };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(own));
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `${program}console.log(scores.length);\nDeno.exit();\n`,
    );
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", "main.ts"],
      cwd: folder,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    assertEquals(new TextDecoder().decode(stdout), "3\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
