/** The examples of docs/plugins.md by the commands that the page shows, outside the source tree. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type Outcome, wsvad } from "../cli/run_wsvad.ts";
import { writeFilesOfPage } from "../support/page_files.ts";

const small = [
  ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2", "trainer.max_steps=3"],
  "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
  ...["--device", "cpu", "--blas", "off"],
];

/** A folder outside the source tree with the files of docs/plugins.md. */
async function inFolder(use: (folder: string, files: Map<string, string>) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "wsvad plugins " });
  try {
    await use(folder, await writeFilesOfPage("plugins.md", folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function succeeded({ code, stdout, stderr }: Outcome): string {
  assertEquals(code, 0, stderr);
  return stdout;
}

Deno.test("the examples of docs/plugins.md have no more lines than they say", () =>
  inFolder((_, files) => {
    const lines = (name: string) => files.get(name)!.trimEnd().split("\n").length;
    assert(lines("top_gap.ts") <= 30);
    assert(lines("mine/gated.ts") + lines("mine/runner/gated.yaml") <= 60);
    return Promise.resolve();
  }));

Deno.test("the examples of docs/plugins.md fit the types of the contract, by one import", () =>
  inFolder(async (folder) => {
    const mod = new URL("../../mod.ts", import.meta.url).href;
    const root = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
    const imports = { ...root.imports, wsvad: mod };
    delete imports["@std/assert"];
    const config = { imports, unstable: root.unstable, nodeModulesDir: "none" };
    await Deno.writeTextFile(join(folder, "deno.json"), JSON.stringify(config));
    const command = new Deno.Command(Deno.execPath(), {
      args: [
        "check",
        "--no-lock",
        "top_gap.ts",
        "mine/gated.ts",
        "mine/warehouse.ts",
        "patch_means.ts",
      ],
      cwd: folder,
    });
    const { success, stderr } = await command.output();
    assert(success, new TextDecoder().decode(stderr));
  }));

Deno.test("a loss of a plugin trains, evaluates and resumes; a missing or changed file is named", () =>
  inFolder(async (folder) => {
    const added = ["--plugin", "top_gap.ts", "--runner", "mil", "+runner.loss.top_gap.k=2"];
    const train = ["train", ...added, ...small, "--out", "run"];
    assertStringIncludes(succeeded(await wsvad(train, folder)), "run");
    const log = await Deno.readTextFile(join(folder, "run", "log.jsonl"));
    assertStringIncludes(log, "top_gap");
    const config = await Deno.readTextFile(join(folder, "run", "config.yaml"));
    assertMatch(config, /plugins:\s[^]*\/.*top_gap\.ts#sha256=[0-9a-f]{64}/);

    const cpu = ["--device", "cpu", "--blas", "off"], evaluate = ["eval", "run", "--json", ...cpu];
    const before = JSON.parse(succeeded(await wsvad(evaluate, folder)));
    succeeded(await wsvad(["train", "--resume", "run", ...cpu], folder));

    await Deno.rename(join(folder, "top_gap.ts"), join(folder, "moved.ts"));
    const missing = await wsvad(evaluate, folder);
    assertEquals(missing.code, 1);
    assertMatch(missing.stderr, /Cannot load the plugin ".*top_gap\.ts" of "run\/config\.yaml"/);
    assertStringIncludes(missing.stderr, "no such file; put it back, or say by --plugin FILE");
    const moved = await wsvad([...evaluate, "--plugin", "moved.ts"], folder);
    assertEquals(JSON.parse(succeeded(moved)).evaluation, before.evaluation);

    const text = await Deno.readTextFile(join(folder, "moved.ts"));
    await Deno.writeTextFile(join(folder, "top_gap.ts"), `${text}// changed\n`);
    const changed = await wsvad(["train", "--resume", "run", ...cpu], folder);
    assertEquals(changed.code, 1);
    assertStringIncludes(changed.stderr, "it was changed since");
  }));

Deno.test("a method of plugins in a configuration folder trains and scores its checkpoint elsewhere", () =>
  inFolder(async (folder) => {
    const method = ["--config-dir", "mine", "--runner", "gated"];
    succeeded(await wsvad(["train", ...method, ...small, "--out", "run"], folder));
    await Deno.copyFile(join(folder, "run/last.safetensors"), join(folder, "w.safetensors"));
    const cpu = ["--device", "cpu", "--blas", "off", "--json"];
    const [run, file] = [
      succeeded(await wsvad(["eval", "run/last.safetensors", ...cpu], folder)),
      succeeded(await wsvad(["eval", "w.safetensors", ...cpu], folder)),
    ].map((text) => JSON.parse(text));
    assertEquals(file.evaluation, run.evaluation);
    const slots = ["slots", "encoder", "neighbour_gate", "--plugin", "mine/gated.ts"];
    assertStringIncludes(succeeded(await wsvad(slots, folder)), "channels of the gate");
  }));
