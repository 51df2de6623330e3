import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { EMBEDDED } from "../../src/config/embedded.ts";
import { GROUPS, listGroup, loadGroupFile, readSettings } from "../../src/config/groups.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";
import { withFolder } from "./fake_catalog.ts";

const configs = new URL("../../configs/", import.meta.url);

Deno.test("EMBEDDED holds every file of configs/", async () => {
  for (const group of GROUPS) {
    const names: string[] = [];
    for await (const entry of Deno.readDir(new URL(`${group}/`, configs))) {
      names.push(entry.name.replace(/\.yaml$/, ""));
    }
    assertEquals(Object.keys(EMBEDDED[group]).sort(), names.sort());
  }
});

Deno.test("every settings file opens with a summary and the command that uses it", () => {
  for (const group of GROUPS) {
    for (const [name, text] of Object.entries(EMBEDDED[group])) {
      const [first, second] = text.split("\n");
      assert(/^# \S.*/.test(first), `${group}/${name}`);
      assert(/wsvad (train|demo|dictionary)/.test(`${first}\n${second}`), `${group}/${name}`);
    }
  }
});

Deno.test("every combination of the settings files resolves", () => {
  for (const runner of Object.keys(EMBEDDED.runner)) {
    for (const data of Object.keys(EMBEDDED.data)) {
      for (const trainer of Object.keys(EMBEDDED.trainer)) {
        const overrides = [`runner=${runner}`, `data=${data}`, `trainer=${trainer}`];
        const config = resolveConfig({ catalog: registry, overrides });
        assertEquals(config.runner.name, runner);
      }
    }
  }
});

Deno.test("loadGroupFile() takes the first --config-dir that has the file, before the built-in one", async () => {
  await withFolder({ "trainer/quick.yaml": "max_steps: 1\n" }, async (first) => {
    await withFolder({ "trainer/quick.yaml": "max_steps: 2\n" }, (second) => {
      assertEquals(loadGroupFile("trainer", "quick", [first, second]).file.value, { max_steps: 1 });
      assertEquals(
        loadGroupFile("trainer", "quick", [second]).file.name,
        join(second, "trainer", "quick.yaml"),
      );
    });
  });
});

Deno.test("listGroup() lists names with their summary and source", async () => {
  await withFolder({ "trainer/mine.yaml": "# My way.   wsvad train\nseed: 1\n" }, (folder) => {
    const mine = listGroup("trainer", [folder]).find(({ name }) => name === "mine");
    assertEquals(mine, {
      name: "mine",
      source: join(folder, "trainer", "mine.yaml"),
      summary: "My way.",
    });
    assert(
      listGroup("trainer", [folder]).some(({ name, source }) =>
        name === "quick" && source === "built in"
      ),
    );
  });
});

Deno.test("loadGroupFile() does not mistake an inherited property for a file", () => {
  assertThrows(() => loadGroupFile("data", "constructor", []), RangeError, "no such file");
});

Deno.test("readSettings() refuses what is not a readable UTF-8 file", async () => {
  await withFolder({}, async (folder) => {
    assertThrows(() => readSettings(join(folder, "no.yaml")), Error, "no such file");
    assertThrows(() => readSettings(folder), Error, "it is a folder");
    await Deno.writeFile(join(folder, "latin.yaml"), new Uint8Array([0x61, 0x3a, 0x20, 0xe9]));
    assertThrows(() => readSettings(join(folder, "latin.yaml")), SyntaxError, "not UTF-8");
  });
});
