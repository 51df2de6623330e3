import { assert, assertEquals } from "@std/assert";
import { partsOfPass, passesOf, rowsOfPass } from "../../src/extract/whole_passes.ts";

Deno.test("passesOf() is all of 1600 frames, above that piergiaj's stretches that overlap", () => {
  assertEquals(passesOf(1600), [{ first: 0, end: 1600 }]);
  assertEquals(passesOf(1601), [{ first: 1, end: 1600 }]);
  assertEquals(passesOf(1658), [{ first: 1, end: 1657 }, { first: 1553, end: 1657 }]);
  assertEquals(passesOf(3400), [
    ...[{ first: 1, end: 1657 }, { first: 1553, end: 3257 }, { first: 3153, end: 3399 }],
  ]);
  assertEquals([8, 9, 16, 17, 1600].map(rowsOfPass), [0, 1, 1, 2, 199]);
});

Deno.test("partsOfPass() makes each feature once, from frames that it sees, padded as the whole", () => {
  for (const length of [9, 143, 144, 145, 151, 400, 1001, 1656]) {
    for (const most of [144, 150, 320]) {
      const pass = { first: 5, end: 5 + length };
      const parts = partsOfPass(pass, most);
      let row = 0;
      for (const { first, end, skipped, rows } of parts) {
        const at = `${length} frames, ${most} at once, feature ${row}`;
        assert(end - first <= most && rows > 0, at);
        assertEquals([(first - 5) % 8, (end - first) % 8], [0, length % 8], at);
        assertEquals((first - 5) / 8 + skipped, row, at);
        // 47 frames before its first own one, 62 behind; at the ends of the pass, what there is.
        assert(first === 5 || first <= 5 + row * 8 - 47, at);
        row += rows;
        assert(end === pass.end || end > 5 + (row - 1) * 8 + 62, at);
      }
      assertEquals(row, rowsOfPass(length));
    }
  }
});
