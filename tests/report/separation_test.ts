import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ScoreStep, scoreSteps, snippetBounds } from "../../src/frames/frame_bounds.ts";
import { separations, type SteppedVideo } from "../../src/report/separation.ts";

function video(scores: number[], ...truth: [number, number][]): SteppedVideo {
  return {
    steps: scoreSteps(scores, snippetBounds(scores.length, 2)),
    groundTruth: truth.map(([start, end]) => ({ start, end })),
  };
}

Deno.test("separations() of a perfect set are 1, of a reversed one 0", () => {
  assertEquals(separations([video([0.1, 0.9], [2, 4]), video([0.1, 0.2])]), [1, 1]);
  assertEquals(separations([video([0.9, 0.1], [2, 4]), video([0.8, 0.2])]), [0, 0]);
});

Deno.test("separations() count ties half", () => {
  assertEquals(separations([video([0.5], [0, 2]), video([0.5])]), [0.5, 0.5]);
});

Deno.test("separations() without anomalous or without normal frames are null", () => {
  assertEquals(separations([video([0.5]), video([0.1])]), [null, null]);
  assertEquals(separations([video([0.5], [0, 2])]), [null]);
});

/** [score, anomalous] of each frame. */
function frames({ steps, groundTruth }: SteppedVideo): [number, boolean][] {
  return steps.flatMap(({ start, end, score }: ScoreStep) =>
    Array.from({ length: end - start }, (_, i): [number, boolean] => [
      score,
      groundTruth.some((g) => start + i >= g.start && start + i < g.end),
    ])
  );
}

Deno.test("separations() agree with counting pairs of frames", () => {
  const scores = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 });
  const truth = fc.tuple(fc.nat(5), fc.nat(3), fc.nat(3), fc.nat(3)).map(
    ([a, b, c, d]): [number, number][] => [[a, a + b], [a + b + 1 + c, a + b + 1 + c + d]],
  );
  const videos = fc.array(fc.tuple(scores, fc.option(truth)), { minLength: 1, maxLength: 5 });
  fc.assert(fc.property(videos, (drawn) => {
    const set = drawn.map(([scores, truth]) => video(scores, ...truth ?? []));
    const all = set.flatMap(frames);
    const found = separations(set);
    set.forEach((one, v) => {
      const own = frames(one);
      const anomalous = own.some(([, truth]) => truth);
      const high = (anomalous ? own : all).filter(([, truth]) => truth);
      const low = (anomalous ? all : own).filter(([, truth]) => !truth);
      if (high.length * low.length === 0) return assertEquals(found[v], null);
      let won = 0;
      for (const [a] of high) for (const [b] of low) won += a > b ? 1 : a === b ? 0.5 : 0;
      assertAlmostEquals(found[v]!, won / high.length / low.length, 1e-12); // sums of halves
    });
  }));
});
