import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import type { TestVideo } from "../../src/data/video.ts";
import { scoreTestVideos } from "../../src/score/score_videos.ts";
import { ScoringReplays } from "../../src/score/scoring_replays.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { assemble, type Model } from "../../src/model/assemble.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Random } from "../../src/random.ts";
import { hasAdapter } from "../support/gpu.ts";
import { withDevice } from "../support/with_device.ts";

const DIM = 16;

/** A test on the GPU with a small model. */
function onGpu(name: string, body: (model: Model, random: RandomStream) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !hasAdapter,
    fn: () =>
      withDevice(async () => {
        const { runner, data } = resolveConfig({
          catalog: registry,
          overrides: ["runner=mil", "data=synthetic", "runner.head.hidden=[8,4]"],
        });
        const model = assemble(modelConfig(runner, data, DIM), 3);
        const random = new RandomStream(0);
        await body(model, random);
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
    } as TestVideo;
  });
}

onGpu(
  "scoreTestVideos() gives the same bits with replays, and leaves no tensor behind",
  async (model, random) => {
    const lengths = Array.from({ length: 40 }, (_, i) => i % 5 === 4 ? 3 + i : i % 2 ? 7 : 9);
    const videos = videosOf(lengths);
    const score = (capture: boolean) =>
      scoreTestVideos(model, videos, random, () => {}, {
        capture,
        onFallback: (why) => reasons.push(why),
      });
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
  async () => {
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
      using replays = new ScoringReplays((why) => reasons.push(why));
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
    using broken = new ScoringReplays((why) => reasons.push(why));
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
    assertEquals(reasons, ["a replay gave other scores than the same work done eagerly"]);
    weight.dispose();
    assert(broken.replayed === 1);
  },
);
