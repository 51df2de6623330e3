import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { clipSettings } from "../../src/text/clip_settings.ts";
import { cacheFolder } from "../../src/text/cache_folder.ts";
import { readClassTable, tokensOf } from "../../src/text/class_table.ts";
import { plainTextFeature } from "../../src/text/plain_tower.ts";
import type { PromptRow } from "../../src/text/prompts.ts";
import { smallEmbed, smallTower, smallTowerWeights, towerFolder } from "../support/small_tower.ts";

const settingsOf = (clip: string) =>
  z.strictObject(clipSettings).parse({ clip, tower: smallTower });
const row = (...ids: number[]): PromptRow => ({
  sources: ids.map((token) => ({ token })),
  readOut: ids.length - 1,
});
const rows = [row(5, 1, 6), row(5, 2, 0, 6)];
const filesOf = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("readClassTable() computes the texts once and takes them from the cache after", async () => {
  const clip = towerFolder(smallTowerWeights()), folder = `${Deno.makeTempDirSync()}/deep/wsvad`;
  const [made] = await readClassTable(settingsOf(clip), "clip.", rows, folder);
  assertEquals([made.name, made.shape], ["clip.class_text", [2, smallEmbed]]);
  const weights = smallTowerWeights();
  const sizes = { ...smallTower, embed: smallEmbed };
  const expected = rows.flatMap((prompt) => [
    ...plainTextFeature((name) => weights.get(name)!.data, sizes, tokensOf(prompt)),
  ]);
  made.data.forEach((value, i) => assertAlmostEquals(value, expected[i], 1e-4));

  // Another table in the cached file shows that it is read.
  const [file] = filesOf(folder);
  const bytes = Deno.readFileSync(`${folder}/${file}`);
  new DataView(bytes.buffer).setFloat32(bytes.length - 4, 42, true);
  Deno.writeFileSync(`${folder}/${file}`, bytes);
  const [cached] = await readClassTable(settingsOf(clip), "clip.", rows, folder);
  assertEquals(cached.data.at(-1), 42);
  assertEquals([...cached.data.slice(0, -1)], [...made.data.slice(0, -1)]);
});

Deno.test("readClassTable() never takes the table of other weights, tokens or sizes", async () => {
  const folder = Deno.makeTempDirSync();
  const clip = towerFolder(smallTowerWeights());
  const tables = [
    await readClassTable(settingsOf(clip), "", rows, folder),
    await readClassTable(settingsOf(towerFolder(smallTowerWeights(2))), "", rows, folder),
    await readClassTable(settingsOf(clip), "", [rows[1], rows[0]], folder),
    await readClassTable(
      { ...settingsOf(clip), tower: { ...smallTower, heads: 2 } },
      "",
      rows,
      folder,
    ),
  ].map(([{ data }]) => [...data].join());
  assertEquals(new Set(tables).size, 4);
  assertEquals(filesOf(folder).length, 4);
  // The same weights under another path are the same.
  await readClassTable(settingsOf(towerFolder(smallTowerWeights())), "", rows, folder);
  assertEquals(filesOf(folder).length, 4);
});

Deno.test("readClassTable() makes a damaged table again, and does without a cache that cannot be written", async () => {
  const folder = Deno.makeTempDirSync();
  const settings = settingsOf(towerFolder(smallTowerWeights()));
  const [made] = await readClassTable(settings, "", rows, folder);
  const path = `${folder}/${filesOf(folder)[0]}`, whole = Deno.readFileSync(path);
  for (const damaged of [whole.slice(0, -3), new Uint8Array(0), whole.map((byte) => byte ^ 255)]) {
    Deno.writeFileSync(path, damaged);
    assertEquals(await readClassTable(settings, "", rows, folder), [made]);
    assertEquals(Deno.readFileSync(path), whole);
  }
  const [without] = await readClassTable(settings, "", rows, `${path}/no/folder`);
  assertEquals(without.data, made.data);
});

Deno.test("readClassTable() needs no file for the built-in tower", async () => {
  assertEquals(await readClassTable(settingsOf("built_in"), "", rows), []);
});

Deno.test("tokensOf() refuses learned positions", () => {
  const learned: PromptRow = { sources: [{ token: 1 }, { learned: 0 }], readOut: 1 };
  assertThrows(() => tokensOf(learned), TypeError, "no fixed text");
});

Deno.test("cacheFolder() follows XDG_CACHE_HOME", () => {
  assertEquals(
    cacheFolder((name) => name === "XDG_CACHE_HOME" ? "/caches" : undefined),
    "/caches/wsvad",
  );
  assert(cacheFolder(() => undefined).endsWith("wsvad"));
});
