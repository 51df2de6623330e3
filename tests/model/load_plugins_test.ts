import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { isFault } from "../../src/fault.ts";
import { loadPluginsOfRun, pluginOverrides } from "../../src/model/load_plugins.ts";
import { registry } from "../../src/model/registry.ts";

async function withFile(text: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "mine.ts");
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const entry = (name: string) =>
  `{ name: "${name}", summary: "s", source: "s", config: z.strictObject({}), requires: {},` +
  ` build: () => () => tf.scalar(0) }`;
const making = (entries: string) => `export default ({ tf, z }) => (${entries});`;

const WRONG: [what: string, text: string, message: string][] = [
  ["does not parse", "export default (", "mine.ts"],
  ["throws", "throw new Error('no luck');", "Error: no luck"],
  ["imports what is not there", 'import "./other.ts";', "other.ts"],
  ["has no default export", "export const x = 1;", "no function from the kit"],
  ["returns nothing", "export default () => {};", "returned no entries"],
  ["has another slot", making("{ lose: [] }"), '"lose" is no slot; it may hold encoder, head'],
  ["has no list", making(`{ loss: ${entry("a")} }`), "expected loss to be a list"],
  ["has no entry", making("{ loss: [] }"), "it holds no entry"],
  ["leaves a field out", making('{ loss: [{ name: "a" }] }'), 'loss[0] needs "summary", a string'],
  [
    "has settings that are no schema",
    making(`{ loss: [{ ...${entry("a")}, config: {} }] }`),
    'loss[0] needs "config", a z.strictObject',
  ],
  [
    "has a backbone without facts",
    making(`{ backbone: [${entry("a")}] }`),
    'backbone[0] needs "facts", a function',
  ],
  [
    "has a data set without classes",
    making('{ data_set: [{ name: "a", title: "t" }] }'),
    'data_set[0] needs "classes", an object',
  ],
  ["has an odd name", making(`{ loss: [${entry("My loss")}] }`), 'loss[0] is called "My loss"'],
  ["has a name twice", making(`{ loss: [${entry("a")}, ${entry("a")}] }`), 'two entries loss "a"'],
  [
    "has the name of a built-in entry",
    making(`{ loss: [${entry("ranking")}] }`),
    'there is a loss "ranking" already',
  ],
];
for (const [what, text, message] of WRONG) {
  Deno.test(`a plugin that ${what} is a fault that names it, and leaves the registry as it was`, () =>
    withFile(text, async (path) => {
      const before = Object.keys(registry.loss);
      const error = await assertRejects(() => pluginOverrides({ plugins: [path] }), Error);
      assertStringIncludes(error.message, `Cannot load the plugin "${path}"`);
      assertStringIncludes(error.message, message);
      assertEquals(isFault(error), true);
      assertEquals(Object.keys(registry.loss), before);
    }));
}

Deno.test("pluginOverrides() of a file that is not there says so", async () => {
  const error = await assertRejects(() => pluginOverrides({ plugins: ["/nowhere.ts"] }), Error);
  assertStringIncludes(error.message, "no such file; name a TypeScript file");
});

Deno.test("pluginOverrides() loads a file once, and names it with its hash", () =>
  withFile(making(`{ loss: [${entry("loaded_once")}] }`), async (path) => {
    const [override] = await pluginOverrides({ plugins: [path, path] });
    assertEquals(override.match(/#sha256=[0-9a-f]{64}/g)!.length, 1);
    assertEquals(await pluginOverrides({ plugins: [path] }), [override]);
    assertEquals(registry.loss.loaded_once.name, "loaded_once");
    delete registry.loss.loaded_once;
  }));

Deno.test("loadPluginsOfRun() loads nothing by a relative path or without a hash", async () => {
  for (const name of ["evil.ts", "/tmp/evil.ts", `evil.ts#sha256=${"0".repeat(64)}`]) {
    const text = `runner:\n  plugins: ["${name}"]\n`;
    const error = await assertRejects(() => loadPluginsOfRun(text, "config.yaml"), RangeError);
    assertStringIncludes(error.message, "expected an absolute path and its #sha256=");
  }
});
