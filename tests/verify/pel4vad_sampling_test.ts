/** Which snippets of a video pel4vad's official code takes, and how it smooths. */

import { assertEquals } from "@std/assert";
import { sampleRows } from "../../src/data/segments.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry } from "../../src/model/registry.ts";
import { readCaseFile } from "../../src/verify/golden_case.ts";
import sampling from "../golden/pel4vad/sampling.json" with { type: "json" };
import { goldenFolder } from "../support/golden.ts";

Deno.test("sampleRows() takes the snippets that pel4vad's loader takes of a long video", () => {
  for (const { snippets, picked } of sampling.train) {
    if (snippets > sampling.length) {
      assertEquals([...sampleRows(snippets, sampling.length)], picked, `${snippets} snippets`);
    }
  }
});

Deno.test("pel4vad's recipe smooths as the official code does on UCF-Crime", async () => {
  const { hyper } = await readCaseFile(goldenFolder("pel4vad/eval"));
  const config = resolveConfig({ overrides: ["runner=pel4vad"], catalog: registry });
  assertEquals(config.eval.smooth, hyper.smoothing);
});
