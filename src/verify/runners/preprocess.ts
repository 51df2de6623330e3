/** Frames and grids as the official extractors make them: golden/preprocess. */

import { fault } from "../../fault.ts";
import { type PreprocessingName, preprocessings } from "../../video/preprocessing.ts";
import {
  snippetCount,
  snippetFrames,
  type SnippetGrid,
  snippetGrids,
} from "../../video/snippet_grid.ts";
import type { Numbers } from "../compare.ts";
import { framesOfCase, numbers } from "../frame_cases.ts";
import type { GoldenCase } from "../golden_case.ts";
import { numberOf, type PartRunner } from "../golden_runner.ts";

/** Frames of a piece of a file above 1 GB. */
const PIECE = 3008;

export const preprocess: PartRunner = {
  onHost(golden) {
    if (golden.hyper.lineage === undefined) return gridsOf(golden);
    const [name] = String(golden.hyper.lineage).replace("c3d ", "c3d_").split(",");
    if (!Object.hasOwn(preprocessings, name)) {
      throw fault(
        Error,
        `Cannot run golden case "${golden.folder}": lineage "${name}" is not here; lineages: ${
          Object.keys(preprocessings).join(", ")
        }`,
      );
    }
    return framesOfCase(golden, preprocessings[name as PreprocessingName], "crop");
  },
};

/** Snippets of every rule for every number of frames, and the frames of the last. */
function gridsOf({ hyper }: GoldenCase): Record<string, Numbers> {
  const frames = hyper.frames as number[];
  const snippet = numberOf(hyper, "snippet");
  const grids = Object.entries<SnippetGrid>({
    ...snippetGrids,
    pieces_3008: snippetGrids.tushar_loop,
  });
  const found: Record<string, Numbers> = {};
  for (const [name, grid] of grids) {
    const counts = frames.map((F) => officialCount(name, grid, F, snippet));
    found[`count/${name}`] = numbers([frames.length], ([i]) => counts[i]);
    found[`last/${name}`] = numbers(
      [frames.length, snippet],
      ([i, k]) => counts[i] > 0 ? snippetFrames(grid, counts[i] - 1, frames[i], snippet)[k] : -1,
    );
  }
  return found;
}

/** -1 where the official code stops with an error. */
function officialCount(name: string, grid: SnippetGrid, frames: number, snippet: number): number {
  if (grid.moreThanOne && frames <= snippet) return -1;
  // An empty last piece, and one whose single snippet loses an axis; we go on as tushar_loop does.
  if (name === "pieces_3008" && frames >= PIECE && frames % PIECE <= snippet) return -1;
  return snippetCount(grid, frames, snippet);
}
