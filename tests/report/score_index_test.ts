import { assert, assertStringIncludes } from "@std/assert";
import { renderScoreIndex } from "../../src/report/score_index.ts";

const video = {
  ...{ id: "a b", frames: 50, fps: 10, events: null },
  steps: [{ start: 0, end: 50, score: 2.8e-6 }],
};

Deno.test("renderScoreIndex() leads from the name to the page, and names its columns on narrow screens", () => {
  const of = (files: string[]) =>
    renderScoreIndex({
      ...{ videos: [{ ...video, files }], alarm: null, checkpoint: "c" },
      tool: { name: "wsvad", version: "0" },
    });
  const page = of(["a b.html", "a b.csv"]);
  assertStringIncludes(page, '<th scope="row"><a href="a%20b.html">a b</a>');
  assertStringIncludes(page, "2.8e-6");
  for (const name of ["Length", "Highest", "Alarms"]) {
    assertStringIncludes(page, `<td data-name="${name}"`);
  }
  assert(of(["a b.csv"]).includes('<th scope="row">a b<'));
});
