import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import process from "node:process";
import { loadYaml } from "../../src/config/load_yaml.ts";
import { isFault } from "../../src/fault.ts";

function refusal(text: string): string {
  try {
    loadYaml(text, "f.yaml");
  } catch (error) {
    assertInstanceOf(error, SyntaxError);
    assert(isFault(error), `not a fault: ${error.stack}`);
    return error.message;
  }
  throw new Error(`not refused: ${text.slice(0, 60)}`);
}

Deno.test("loadYaml() gives values and the line and column of keys", () => {
  const file = loadYaml("# note\na: 1e-4\nb:\n  - { x: 1 }\n  - { x: off }\n", "f.yaml");
  assertEquals(file.value, { a: 0.0001, b: [{ x: 1 }, { x: "off" }] });
  assertEquals(file.placeOf(["a"]), "line 2, column 1");
  assertEquals(file.placeOf(["b", 1, "x"]), "line 5, column 7");
  assert(file.has(["b", 1, "x"]));
});

Deno.test("loadYaml() places a missing key at the nearest key above it", () => {
  const file = loadYaml("a:\n  b: { c: 1 }\n", "f.yaml");
  assertEquals(file.placeOf(["a", "b", "d"]), "line 2, column 3");
  assertEquals(file.placeOf(["z"]), undefined);
  assert(!file.has(["a", "b", "d"]));
});

Deno.test("loadYaml() gives null for a file of comments", () => {
  assertEquals(loadYaml("# nothing\n", "f.yaml").value, null);
});

Deno.test("loadYaml() refuses duplicate keys, with the place of the second", () => {
  assertEquals(
    refusal("a: 1\nb: 2\na: 3\n"),
    'Cannot read "f.yaml", line 3, column 1: this key stands twice in the same mapping',
  );
});

Deno.test("loadYaml() refuses several documents", () => {
  assertStringIncludes(refusal("a: 1\n---\nb: 2\n"), "line 2, column 1: a second document");
});

Deno.test("loadYaml() refuses an alias bomb at once", () => {
  const levels = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
  for (const [now, before] of ["ba", "cb", "dc", "ed", "fe", "gf", "hg"]) {
    levels.push(`${now}: &${now} [${`*${before},`.repeat(10)}]`);
  }
  assertStringIncludes(refusal(levels.join("\n")), "Excessive alias count");
});

Deno.test("loadYaml() refuses a value that contains itself", () => {
  assertStringIncludes(refusal("a: &a { b: *a }"), "nested over");
});

Deno.test("loadYaml() refuses nesting that would overflow the stack", () => {
  assertStringIncludes(refusal("[".repeat(100_000)), "f.yaml");
  assertStringIncludes(refusal("- ".repeat(100_000) + "x"), "f.yaml");
  assertStringIncludes(refusal("{a: ".repeat(50) + "1" + "}".repeat(50)), "nested over 20 deep");
});

Deno.test("loadYaml() refuses what is not plain settings", () => {
  assertStringIncludes(refusal("a: [1, 2"), "line 1, column 9");
  assertStringIncludes(refusal("a: !secret x"), "line 1, column 4: Unresolved tag");
  assertStringIncludes(refusal("1: x"), "a key must be text, found 1");
  assertStringIncludes(refusal("__proto__: { x: 1 }"), "a key must be text");
  assertStringIncludes(refusal("a: *nowhere"), "nowhere");
  assertStringIncludes(refusal(`a: ${"x".repeat(1 << 20)}`), "over 512 kB");
});

Deno.test("loadYaml() passes a lacking permission on, and blames no file", () => {
  const error = assertThrows(
    () => withoutEnvironment(() => loadYaml("a: 1", "a.yaml")),
    Deno.errors.NotCapable,
    "Requires env access",
  );
  assertEquals(isFault(error), false);
});

/** The package asks process.env, which throws so where the permission is lacking. */
function withoutEnvironment<T>(action: () => T): T {
  const { env } = process;
  const refusing = new Proxy(env, {
    get() {
      throw new Deno.errors.NotCapable('Requires env access to "LOG_TOKENS"');
    },
  });
  process.env = refusing;
  try {
    return action();
  } finally {
    process.env = env;
  }
}
