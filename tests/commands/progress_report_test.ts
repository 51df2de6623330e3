import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { silent } from "../../src/progress.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("a run has its report after each evaluation, when it was stopped, and at its end", () =>
  withFolder(async (folder) => {
    const page = () => Deno.readTextFileSync(join(folder, "report.html"));
    const stop = new AbortController();
    const seen: string[] = [];
    const progress = {
      ...silent,
      step({ step }: { step: number }) {
        if (step === 5 && seen.length === 0) seen.push(page());
        if (step === 7) stop.abort();
      },
    };
    const training = trainInto(folder, smallConfig(), { progress, stop: stop.signal });
    await assertRejects(() => training, Error, "Training stopped at step 7 of 12");
    assertStringIncludes(seen[0], "running: step 4 of 12");
    assertStringIncludes(page(), "stopped: step 7 of 12");
    assertStringIncludes(page(), `id="videos"`);
    await resumeIn(folder);
    assertEquals(/running:|stopped:/.test(page().replace(/<script.*/s, "")), false);
  }));
