/** Parquet files whose pages state counts that are not theirs. */

import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { parquetMetadata } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { encodeParquet, readParquet } from "../../src/io/parquet.ts";
import { requireSoundPages } from "../../src/io/parquet_pages.ts";
import { withFolder } from "../support/temporary_folder.ts";

const names = Array.from({ length: 300 }, (_, i) => i % 3 === 0 ? null : `name ${i % 7}`);
const columns = [
  { name: "same", values: names.map(() => "always the same text") },
  { name: "name", values: names },
  { name: "number", whole: true, values: names.map((_, i) => i % 5 === 0 ? null : i) },
];

async function read(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  let rows: Record<string, unknown>[] = [];
  await withFolder(async (folder) => {
    const path = join(folder, "x.parquet");
    await Deno.writeFile(path, bytes);
    rows = await readParquet(path);
  });
  return rows;
}

Deno.test("readParquet() gives every row of a sound file, empty fields and dictionaries among them", async () => {
  const rows = await read(await encodeParquet(columns));
  assertEquals(rows.length, 300);
  for (const [i, { same, name, number }] of rows.entries()) {
    assertEquals([same, name, number === null ? null : Number(number)], [
      "always the same text",
      names[i],
      i % 5 === 0 ? null : i,
    ]);
  }
});

Deno.test("readParquet() gives columns in which no field may be empty", async () => {
  const bytes = parquetWriteBuffer({
    columnData: [{ name: "id", data: ["a", "b", "a"], type: "STRING", nullable: false }],
  });
  assertEquals(await read(new Uint8Array(bytes)), [{ id: "a" }, { id: "b" }, { id: "a" }]);
});

Deno.test("readParquet() refuses a page that leads back to itself, at which the library would not end", async () => {
  const bytes = await encodeParquet([{ name: "video_id", values: ["Abuse001_x264.mp4"] }]);
  const file = bytes.slice().buffer;
  requireSoundPages(file, parquetMetadata(file), { rows: 10, bytes: 1000 });
  // The page's header begins behind PAR1: its kind, its size, its size as packed, zigzag numbers.
  assertEquals([bytes[4], bytes[6], bytes[8]], [0x15, 0x15, 0x15]);
  for (const size of [1, 39, 41, 0x7f]) {
    const damaged = bytes.slice();
    damaged[9] = size; // below zero
    await assertRejects(() => read(damaged), SyntaxError, "bytes of a page: -");
  }
});
