/** .ci/run with an npx that says what the tasks would say. */

import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../.ci/run", import.meta.url));

/** What the run says last and ends with, where the two tasks end in these lines and exit codes. */
async function ciRun(...ends: [line: string, code: number][]): Promise<[string, number]> {
  const folder = await Deno.makeTempDir();
  try {
    const [quick, full] = ends.map(([line, code]) => `echo "${line}"; exit ${code}`);
    await Deno.writeTextFile(
      `${folder}/npx`,
      `#!/usr/bin/env bash\n[ "$WSVAD_REQUIRE_TOOLS" = 1 ] || exit 9\n` +
        `case "$4" in test) ${quick};; test:full) ${full};; esac\n`,
      { mode: 0o755 },
    );
    const { code, stdout } = await new Deno.Command("bash", {
      args: [script],
      env: { PATH: `${folder}:${Deno.env.get("PATH")}` },
    }).output();
    return [new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)!, code];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: ".ci/run adds up both tasks in its last line, and fails where one fails",
  ignore,
  async fn() {
    assertEquals(await ciRun(["9 passed, 0 failed", 0], ["4 passed, 0 failed", 0]), [
      "13 passed, 0 failed",
      0,
    ]);
    assertEquals(await ciRun(["8 passed, 1 failed", 1], ["4 passed, 0 failed", 0]), [
      "12 passed, 1 failed",
      1,
    ]);
  },
});

Deno.test({
  name: ".ci/run counts a task that ends without a count, or badly, as a failure",
  ignore,
  async fn() {
    assertEquals(await ciRun(["Segmentation fault", 139], ["4 passed, 0 failed", 0]), [
      "4 passed, 1 failed",
      1,
    ]);
    assertEquals(await ciRun(["9 passed, 0 failed", 0], ["4 passed, 0 failed", 1]), [
      "13 passed, 1 failed",
      1,
    ]);
  },
});
