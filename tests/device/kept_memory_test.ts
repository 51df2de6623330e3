import { assertEquals, assertThrows } from "@std/assert";
import { KeptMemory } from "../../src/device/cpu/kept_memory.ts";

Deno.test("KeptMemory asks for more only when more is wanted, and gives all back", () => {
  const asked: (number | string)[] = [];
  let next = 4096;
  const memory = new KeptMemory({
    allocate: (bytes) => (asked.push(bytes), next += 4096),
    release: (at) => void asked.push(`back ${at}`),
  }, "a test's memory");
  assertEquals(memory.take(1), 8192);
  assertEquals(memory.take(1 << 18), 8192);
  assertEquals(memory.take((1 << 18) + 1), 12288);
  memory.release();
  memory.release();
  assertEquals(asked, [1 << 18, "back 8192", 1 << 19, "back 12288"]);
});

Deno.test("KeptMemory is null where the heap has no room, and passes on what else goes wrong", () => {
  const refusing = (error: Error) =>
    new KeptMemory({
      allocate() {
        throw error;
      },
      release() {},
    }, "a test's memory");
  assertEquals(refusing(new RangeError("full")).take(8), null);
  assertThrows(() => refusing(new TypeError("no heap")).take(8), TypeError, "no heap");
});
