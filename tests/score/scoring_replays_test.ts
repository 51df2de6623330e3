import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { TestVideo } from "../../src/data/video.ts";
import { scoreTestVideos } from "../../src/score/score_videos.ts";
import type { Recorder } from "../../src/device/recorder.ts";
import { Scoring } from "../../src/score/scoring.ts";
import { ScoringReplays } from "../../src/score/scoring_replays.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { assemble, type Model } from "../../src/model/assemble.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { registry } from "../../src/model/registry.ts";
import { overwrite } from "../../src/ops/kernel/overwrite.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Random } from "../../src/random.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

const DIM = 16;

/** A test on the GPU with a small model. */
function onGpu(
  name: string,
  body: (model: Model, random: RandomStream, recorder: Recorder) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !hasAdapter,
    fn: () =>
      withDevice(async ({ recorder }) => {
        const { runner, data } = resolveConfig({
          catalog: registry,
          overrides: ["runner=mil", "data=synthetic", "runner.head.hidden=[8,4]"],
        });
        const model = assemble(modelConfig(runner, data, DIM), 3);
        const random = new RandomStream(0);
        await body(model, random, recorder!);
        random.dispose();
        model.parameters.dispose();
      }, { device: "webgpu" }),
  });
}

function videosOf(lengths: number[]): TestVideo[] {
  return lengths.map((snippets, i) => {
    const random = new Random(i, "video");
    const values = Float32Array.from({ length: 2 * snippets * DIM }, () => random.uniform());
    return {
      id: `v${i}`,
      className: "Normal",
      classId: 0,
      classIds: [0],
      anomalous: false,
      load: () => Promise.resolve({ crops: 2, snippets, dim: DIM, values, length: snippets }),
      groundTruthFrames: (count: number) => 16 * count,
      groundTruth: () => [],
      marked: [],
    } as TestVideo;
  });
}

onGpu(
  "scoreTestVideos() gives the same bits with replays, and leaves no tensor behind",
  async (model, random, recorder) => {
    const lengths = Array.from({ length: 40 }, (_, i) => i % 5 === 4 ? 3 + i : i % 2 ? 7 : 9);
    const videos = videosOf(lengths);
    const score = async (capture: boolean) => {
      const onFallback = (why: string) => reasons.push(why);
      using scoring = new Scoring({ recorder, capture, onFallback });
      return await scoreTestVideos(model, videos, random, scoring);
    };
    const reasons: string[] = [];
    const eager = await score(false), before = tf.memory().numTensors;
    const captured = await score(true);
    assertEquals(reasons, []);
    assertEquals(captured.map(({ scores }) => scores), eager.map(({ scores }) => scores));
    assertEquals(tf.memory().numTensors, before);
  },
);

onGpu(
  "ScoringReplays replays a shape once both ways agree, and falls back saying why",
  async (_model, _random, recorder) => {
    const reasons: string[] = [];
    const weight = tf.tensor1d([2, 3, 5]);
    const run = (replays: ScoringReplays, start: number) => {
      const out = replays.run(
        [1, 1, 1, 3],
        Float32Array.of(start, start + 1, 0.1),
        [1],
        ({ video }) => ({
          scores: tf.mul(tf.reshape(video, [3]), weight),
        }),
      );
      return out.scores;
    };
    {
      using replays = new ScoringReplays(recorder, (why) => reasons.push(why));
      for (let video = 0; video < 8; video++) {
        const scores = run(replays, video);
        const wanted = [2 * video, 3 * video + 3, Math.fround(Math.fround(0.1) * 5)];
        assertEquals([...await scores.data()], wanted);
        scores.dispose();
        await replays.settle();
      }
      assertEquals(replays.replayed, 5); // two eager, one recorded, the fourth both ways
      assertEquals(reasons, []);
    }
    using broken = new ScoringReplays(recorder, (why) => reasons.push(why));
    let calls = 0;
    for (let video = 0; video < 6; video++) {
      const { scores } = broken.run([1, 1, 1, 3], Float32Array.of(1, 2, 3), [1], ({ video }) => ({
        scores: tf.mul(tf.reshape(video, [3]), ++calls), // another number in every call
      }));
      assertEquals([...await scores.data()], [calls, 2 * calls, 3 * calls]);
      scores.dispose();
      await broken.settle();
    }
    assertEquals(calls, 6);
    assertEquals(reasons, ["a replay gave other numbers than the same work done eagerly"]);
    weight.dispose();
    assert(broken.replayed === 1);
  },
);

onGpu(
  "Scoring keeps its recordings from one evaluation to the next, and scores with the weights of each",
  async (model, random, recorder) => {
    const videos = videosOf(Array.from({ length: 7 }, () => 9));
    using scoring = new Scoring({ recorder });
    const replayed: number[] = [];
    for (const [shift, elsewhere] of [[0, false], [0.5, false], [-0.25, false], [1, true]]) {
      for (const { variable } of model.parameters.trained()) {
        const values = (await variable.data()).map((value) => value + Number(shift));
        if (elsewhere) tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
        // in its own memory, as an optimiser does
        else overwrite(variable, Float32Array.from(values));
      }
      const found = await scoreTestVideos(model, videos, random, scoring);
      using eager = new Scoring({ recorder, capture: false });
      const wanted = await scoreTestVideos(model, videos, random, eager);
      assertEquals(found.map(({ scores }) => scores), wanted.map(({ scores }) => scores));
      replayed.push(scoring.replays!.replayed);
    }
    // Two are scored as always, one is recorded, the fourth is made both ways;
    // then replays, also of later evaluations.
    assertEquals(replayed, [4, 11, 18, 22]);
  },
);
