import { assertEquals } from "@std/assert";
import { formatBytes } from "../../src/device/bytes.ts";

Deno.test("formatBytes() keeps three digits", () => {
  assertEquals(
    [0, 512, 1536, 157 * 2 ** 20, 1.5 * 2 ** 30, 2 ** 45].map(formatBytes),
    ["0 B", "512 B", "1.5 KiB", "157 MiB", "1.5 GiB", "32 TiB"],
  );
});
