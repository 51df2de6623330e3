import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { train } from "../../mod.ts";

Deno.test("docs/formats/run_folder.md names every file of a run, and every key of its log and result", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const run = join(folder, "run");
    const settings = [
      ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2"],
      ...["trainer.max_steps=2", "trainer.eval_every=2"],
      "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
    ];
    await train({ runner: "mil", settings, out: run, device: { device: "cpu", blas: "off" } });
    const page = await Deno.readTextFile(
      new URL("../../docs/formats/run_folder.md", import.meta.url),
    );
    const missing = (names: string[]) => names.filter((name) => !page.includes(`\`${name}\``));
    assertEquals(missing([...Deno.readDirSync(run)].map(({ name }) => name)), []);
    const log = Deno.readTextFileSync(join(run, "log.jsonl")).trim().split("\n");
    const lines: Record<string, unknown>[] = log.map((line) => JSON.parse(line));
    assertEquals(new Set(lines.map(({ kind }) => kind)), new Set(["step", "eval"]));
    assertEquals(missing(lines.flatMap((line) => Object.keys(line))), []);
    const result = JSON.parse(Deno.readTextFileSync(join(run, "result.json")));
    assertEquals(missing(Object.keys(result)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
