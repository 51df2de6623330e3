import { assertEquals, assertThrows } from "@std/assert";
import { formatBytes, parseBytes } from "../../src/device/bytes.ts";

Deno.test("formatBytes() keeps three digits", () => {
  assertEquals(
    [0, 512, 1536, 157 * 2 ** 20, 1.5 * 2 ** 30, 2 ** 45].map(formatBytes),
    ["0 B", "512 B", "1.5 KiB", "157 MiB", "1.5 GiB", "32 TiB"],
  );
});

Deno.test("parseBytes() reads amounts with and without a unit", () => {
  assertEquals(
    ["1024", "6GB", "1.5 GiB", "800mb", "2k", " 3 T "].map(parseBytes),
    [1024, 6 * 2 ** 30, 1.5 * 2 ** 30, 800 * 2 ** 20, 2048, 3 * 2 ** 40],
  );
});

Deno.test("parseBytes() refuses what is no amount", () => {
  for (const text of ["", "GB", "-1GB", "0", "6 bananas", "1e9", "NaN"]) {
    assertThrows(() => parseBytes(text), RangeError, "write it as 6GB");
  }
});
