import { assert, assertEquals, assertMatch } from "@std/assert";
import { LineProgress } from "../../src/cli/progress.ts";
import { assemble } from "../../src/model/assemble.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { partsOf, type Told } from "../../src/score/long_videos.ts";
import { Scoring } from "../../src/score/scoring.ts";
import { scoresOf } from "../../src/score/score_videos.ts";
import { scoreVideo } from "../../src/score/score_video.ts";
import { ScoringMemo } from "../../src/score/scoring_memo.ts";
import { smallRunner } from "../model/combinations.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { withModel } from "../support/small_model.ts";
import { withDevice } from "../support/with_device.ts";

const [CROPS, LONG, DIM] = [2, 4100, 32];

/** What is told while a video is scored, whose parts take ten seconds each. */
function toldOf(runner: string, snippets: number): Told[] {
  const told: Told[] = [];
  withModel(smallRunner(runner), (model, context) => {
    using memo = new ScoringMemo();
    const values = Float32Array.from(randomTensor([1, CROPS, snippets, DIM], 1).dataSync());
    const video = { crops: CROPS, snippets, dim: DIM, values, length: snippets };
    let seconds = -10;
    const now = () => 1000 * (seconds += 10);
    const onPart = partsOf(
      { ...video, id: "v" },
      { deferred: false },
      (text) => told.push(text),
      now,
    );
    scoreVideo(model, video, context("eval").random, { memo, replays: null }, onPart);
  });
  return told;
}

for (const runner of ["ur_dmu", "bn_wvad", "mgfn", "gs_moe"]) {
  onCpu(
    `scoreVideo() with ${runner} tells where it stands in a long video, and the time left`,
    () => {
      const told = toldOf(runner, LONG);
      assert(told[0].announce && told.slice(1).every(({ announce }) => !announce));
      assertEquals(told[0].secondsLeft, undefined);
      assertMatch(told[0].doing!, /^v, 4100 snippets x 2 crops/);
      const [unit, parts] = runner === "gs_moe" ? ["expert", 13] : ["crop", CROPS];
      for (let i = 1; i <= Number(parts); i++) {
        assert(told.some(({ doing }) => doing!.includes(`${unit} ${i}/${parts}`)), `${unit} ${i}`);
      }
      const left = told.map(({ secondsLeft }) => secondsLeft).filter((time) => time !== undefined);
      assert(left.length > 0 && left.every((seconds) => seconds > 0));
    },
  );
}

onCpu("scoreVideo() tells nothing of a short video", () => {
  assertEquals(toldOf("ur_dmu", 40), []);
});

Deno.test("scoresOf() tells how many videos stand before the long one, whoever hears of them", () =>
  withDevice(async () => {
    const model = assemble(smallRunner("mil"), 3), random = new RandomStream(0);
    using scoring = new Scoring({ recorder: null });
    const before: number[] = [];
    const load = ({ snippets }: { snippets: number }) => {
      const values = new Float32Array(snippets * DIM).fill(0.5);
      return Promise.resolve({ crops: 1, snippets, dim: DIM, values, length: snippets });
    };
    const options = { scoring, random, load, bytesOf: () => 0, waitingBytes: 0 };
    const videos = [{ id: "short", snippets: 5 }, { id: "long", snippets: LONG }];
    const listener = { onPart: (done: number) => before.push(done) };
    await Array.fromAsync(
      scoresOf<typeof videos[number]>(model, videos, { ...options, listener }),
    );
    assertEquals(before, [1]);
    model.parameters.dispose();
    random.dispose();
  }));

onCpu("LineProgress shows at once that a long video begins, and what is left of it", () => {
  const lines: string[] = [];
  const progress = new LineProgress((line) => lines.push(line), () => 0);
  progress.start(3, 0, "video");
  progress.step({ step: 1 });
  progress.step({ step: 1, doing: "v, 9000 snippets", announce: true });
  progress.step({ step: 1, doing: "v: crop 2/10", secondsLeft: 65 }); // within the five seconds
  assertEquals(lines, ["video 1/3", "video 1/3  v, 9000 snippets"]);
  progress.step({ step: 1, doing: "v: crop 3/10", secondsLeft: 65, announce: true });
  assertEquals(lines.at(-1), "video 1/3  v: crop 3/10  1:05 left");
});
