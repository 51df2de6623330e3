import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";

const task = fileURLToPath(new URL("../../tasks/check_all.ts", import.meta.url));

interface Outcome {
  code: number;
  lines: string[];
}

/** Runs the task in a project of these files. */
async function testsOf(files: Record<string, string>, ...options: string[]): Promise<Outcome> {
  const folder = await Deno.makeTempDir({ prefix: "wsvad_task_" });
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, "{}\n");
    await Deno.mkdir(`${folder}/tests`);
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", task, ...options],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stderr: "null",
    }).output();
    return { code, lines: new TextDecoder().decode(stdout).trimEnd().split("\n") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const passing = `Deno.test("one", async (t) => {\n  await t.step("part", () => {});\n});\n`;

Deno.test("the test task counts tests and its three checks, and exits with 0", async () => {
  const { code, lines } = await testsOf({ "tests/a_test.ts": passing });
  assertEquals(lines.at(-1), "4 passed, 0 failed");
  assertEquals(code, 0);
});

Deno.test("the test task names ignored tests, counts failures and exits with 1", async () => {
  const { code, lines } = await testsOf({
    "tests/a_test.ts": passing,
    "tests/b_test.ts": `Deno.test("two", () => {\n  throw new Error("no");\n});\n` +
      `Deno.test("needs a GPU", { ignore: true }, () => {});\n`,
  });
  assertEquals(lines.slice(-3), [
    "1 ignored:",
    "  ./tests/b_test.ts => needs a GPU",
    "4 passed, 1 failed",
  ]);
  assertEquals(code, 1);
});

Deno.test("the test task counts a badly formatted file, a lint and a type error", async () => {
  const { code, lines } = await testsOf({
    "tests/a_test.ts": passing,
    "b.ts": `export  const count: number = 1;\n`,
    "c.ts": `const count = 1;\nexport const one: string = 1;\n`,
  });
  assertEquals(lines.at(-1), "1 passed, 3 failed");
  assertEquals(code, 1);
});

Deno.test("a file of tests that cannot be loaded fails by its name, and the others still run", async () => {
  const { code, lines } = await testsOf({
    "tests/a_test.ts": passing,
    "tests/b_test.ts": `import "./none.ts";\n`,
  });
  assert(lines.some((line) => line.startsWith("./tests/b_test.ts => can be loaded ... FAILED")));
  assert(lines.some((line) => line.startsWith("./tests/a_test.ts => one ... ok")));
  assertStringIncludes(lines.join("\n"), "deno check --quiet: failed");
  assertEquals(lines.at(-1), "3 passed, 2 failed");
  assertEquals(code, 1);
});

Deno.test("tests of one isolate are named by their files, however they are given to Deno", async () => {
  const { lines } = await testsOf({
    "tests/a_test.ts": `Deno.test({ name: "one", fn() {} });\nDeno.test(function two() {});\n`,
    "tests/b_test.ts": `Deno.test.ignore("three", () => {});\n` +
      `Deno.test({ name: "four", sanitizeOps: false }, () => {\n  throw new Error("no");\n});\n`,
  }, "--tests-alone");
  const ends = lines.flatMap((line) => /^(.*) \.\.\. (ok|ignored|FAILED) \(/.exec(line)?.[1] ?? []);
  assertEquals(ends, [
    "./tests/a_test.ts => one",
    "./tests/a_test.ts => two",
    "./tests/b_test.ts => three",
    "./tests/b_test.ts => four",
  ]);
  assert(lines.slice(lines.indexOf("Slowest files:")).includes("  ./tests/b_test.ts => three"));
});

Deno.test("the test task counts the tests alone with --tests-alone", async () => {
  const files = { "tests/a_test.ts": passing, "b.ts": `export  const count: number = 1;\n` };
  const { code, lines } = await testsOf(files, "--tests-alone", "tests/a_test.ts");
  assertEquals(lines.at(-1), "1 passed, 0 failed");
  assertEquals(code, 0);
});
