import { assertEquals } from "@std/assert";
import { arrowsOf, sources } from "./imports.ts";

/**
 * Rooms whose every file is imported by a test itself: a slip in it is then found where it lies.
 */
const ROOMS = ["backbones", "branches", "encoders", "heads", "losses", "nn"];

const imported = new Set(
  sources("tests").filter((file) => file.endsWith("_test.ts"))
    .flatMap(arrowsOf).map(({ to }) => to),
);

for (const room of ROOMS) {
  Deno.test(`a test imports every file of src/${room}`, () => {
    const files = sources(`src/${room}`);
    assertEquals(files.length > 0, true);
    assertEquals(files.filter((file) => !imported.has(file)), []);
  });
}
