import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { wsvad } from "./run_wsvad.ts";

const RUNNER = `# Mine.   wsvad train --runner mine
features: { dim: 64 }
encoder: crop_mean
head: { name: mlp, hidden: [16], activations: [relu] }
loss: [ranking, { name: smoothness, weight: 1e-3 }]
`;

async function withRunner(text: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(folder, "runner"));
    await Deno.writeTextFile(join(folder, "runner", "mine.yaml"), text);
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("wsvad config prints settings that wsvad config reads as the same, from any folder", async () => {
  await withRunner(RUNNER, async (folder) => {
    const args = ["config", "--runner", "mine", "--config-dir", ".", "runner.head.dropout=0.1"];
    const { code, stdout, stderr } = await wsvad(args, folder);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^data:\n {2}name: null\n {2}source: synthetic\n/);
    assertStringIncludes(stdout, "    name: mlp\n    hidden: [16]\n");
    assertStringIncludes(stdout, "dropout: 0.1\n");

    const json = JSON.parse((await wsvad([...args, "--json"], folder)).stdout);
    assertEquals(json.runner.loss[1].weight, 1e-3);
    assertEquals(Object.keys(json), ["data", "runner", "trainer", "eval"]);
  });
});

Deno.test("wsvad config refuses an unknown key with the nearest one", async () => {
  await withRunner(RUNNER, async (folder) => {
    const args = ["config", "--runner", "mine", "--config-dir", folder, "runner.head.droput=0"];
    const { code, stderr } = await wsvad(args);
    assertEquals([code, stderr], [
      1,
      'Cannot apply "runner.head.droput=0": runner.head.droput is not a setting; did you mean runner.head.dropout?\n',
    ]);
  });
});

Deno.test("wsvad config names the line of an unreadable file", async () => {
  await withRunner("features: { dim: 64\nencoder: x\n", async (folder) => {
    const { code, stderr } = await wsvad(["config", "--runner", "mine", "--config-dir", folder]);
    assertEquals(code, 1);
    assertMatch(stderr, /^Cannot read "[^"]*mine\.yaml", line 2, column \d+: .+\n$/);
  });
});

Deno.test("wsvad config --list names files of the tool and of --config-dir", async () => {
  await withRunner(RUNNER, async (folder) => {
    const { code, stdout } = await wsvad(["config", "--list", "--config-dir", folder]);
    assertEquals(code, 0);
    assertMatch(stdout, /^ {2}data=synthetic +\S/m);
    assertStringIncludes(stdout, `Mine. (${join(folder, "runner", "mine.yaml")})`);
  });
});

Deno.test("wsvad config --schema prints a JSON schema", async () => {
  const { code, stdout } = await wsvad(["config", "--schema", "trainer"]);
  assertEquals(code, 0);
  assertEquals(JSON.parse(stdout).properties.max_steps.type, "integer");
  assertEquals((await wsvad(["config", "--schema", "x"])).code, 1);
});

Deno.test("wsvad config --settings prints a table a section", async () => {
  const { stdout } = await wsvad(["config", "--settings", "trainer"]);
  assertStringIncludes(stdout, "| `trainer.capture` | `auto`, `off` | `auto` |");
  assert(!stdout.includes("data.root"));
});
