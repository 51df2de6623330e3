/** What the quick tests use of the system. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { findBlas } from "../../src/device/cpu/blas.ts";
import { hasAdapter } from "../support/gpu.ts";
import { requiresTool } from "../support/required_tools.ts";

requiresTool("a Vulkan adapter", hasAdapter);
requiresTool("a BLAS", findBlas().blas !== undefined);

async function outcome(required: string): Promise<{ code: number; text: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const support = fileURLToPath(new URL("../support/required_tools.ts", import.meta.url));
    const file = `${folder}/a_test.ts`;
    await Deno.writeTextFile(
      file,
      `import { requiresTool } from ${JSON.stringify(support)};\n` +
        `requiresTool("a browser", false);\nDeno.test("other", () => {});\n`,
    );
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--config", configFile, file],
      env: { NO_COLOR: "1", WSVAD_REQUIRE_TOOLS: required },
      stderr: "null",
    }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const configFile = fileURLToPath(new URL("../../deno.json", import.meta.url));

Deno.test("a missing tool fails the tests where tools are required, and nowhere else", async () => {
  const { code, text } = await outcome("1");
  assertEquals(code, 1);
  assertStringIncludes(text, "a browser was not found, so its tests are ignored");
  assertEquals((await outcome("")).code, 0);
});
