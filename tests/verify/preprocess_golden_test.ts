/** Frames and grids of the official extractors, to the last unit. No device is needed. */

import { assertEquals } from "@std/assert";
import { namedCases } from "../../src/verify/built_in_cases.ts";
import { readGoldenCase } from "../../src/verify/golden_case.ts";
import { runCase } from "../../src/verify/run_case.ts";
import { goldenRunners } from "../../src/verify/runners/index.ts";
import { snippetCount, snippetFrames, snippetGrids } from "../../src/video/snippet_grid.ts";
import { goldenFolder } from "../support/golden.ts";

const places = [
  ...namedCases(["preprocess"]),
  ...namedCases(["clip_image"]).filter(({ name }) => name.includes("preprocess")),
];

for (const { name, folder } of places) {
  // PyTorch's resize of float32 values sums in an order of its own.
  const exactly = !name.includes("c3d_port");
  Deno.test(`${name}: ${exactly ? "equal to the last unit" : "within the limits"}`, async () => {
    const golden = await readGoldenCase(folder);
    const tensors = await runCase(golden, goldenRunners[golden.runner]);
    const wrong = tensors.filter(({ ok, difference }) => !ok || (exactly && difference !== 0));
    assertEquals(wrong, []);
    assertEquals(tensors.length, golden.expected.size);
  });
}

interface Row {
  F: number;
  count: number | null;
  first?: number[];
  sum?: number;
  weighted?: number;
}

Deno.test("preprocess/grid: the frames of all snippets, not of the last alone", () => {
  const path = `${goldenFolder("preprocess/grid")}/case.json`;
  const { rules } = JSON.parse(Deno.readTextFileSync(path));
  for (const [name, grid] of Object.entries(snippetGrids)) {
    for (const { F, count, first, sum, weighted } of rules[name].rows as Row[]) {
      if (!count) continue;
      assertEquals(snippetCount(grid, F, 16), count);
      const snippets = Array.from({ length: count }, (_, i) => snippetFrames(grid, i, F, 16));
      const all = snippets.flat();
      assertEquals(snippets[0], first);
      assertEquals(all.reduce((total, frame) => total + frame, 0), sum);
      assertEquals(all.reduce((total, frame, k) => total + frame * (k + 1), 0), weighted);
    }
  }
});
