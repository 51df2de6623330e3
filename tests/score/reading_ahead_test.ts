import { assertEquals, assertRejects } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { assemble } from "../../src/model/assemble.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { registry } from "../../src/model/registry.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { Scoring } from "../../src/score/scoring.ts";
import { scoresOf } from "../../src/score/score_videos.ts";
import { withDevice } from "../support/with_device.ts";

const DIM = 16;

Deno.test("scoresOf() loads the next videos within their bytes, and gives all before one that fails", () =>
  withDevice(async () => {
    const { runner, data } = resolveConfig({
      catalog: registry,
      overrides: ["runner=mil", "data=synthetic", "runner.head.hidden=[8,4]"],
    });
    const model = assemble(modelConfig(runner, data, DIM), 3);
    const random = new RandomStream(0);
    using scoring = new Scoring({ recorder: null });
    for (const [waitingBytes, ahead] of [[0, 0], [150, 1], [1e9, 2]]) {
      const begun: string[] = [], given: [string, number][] = [];
      const load = ({ id }: { id: string }) => {
        begun.push(id);
        if (id === "e") return Promise.reject(new Error("disk"));
        const values = new Float32Array(5 * DIM).fill(0.5);
        return Promise.resolve({ crops: 1, snippets: 5, dim: DIM, values, length: 5 });
      };
      const videos = ["a", "b", "c", "d", "e", "f"].map((id) => ({ id }));
      await assertRejects(
        async () => {
          const options = { scoring, random, load, bytesOf: () => 100, waitingBytes };
          for await (const { video } of scoresOf(model, videos, options)) {
            given.push([video.id, begun.length]);
          }
        },
        Error,
        "disk",
      );
      const expected = ["a", "b", "c", "d"].map((id, i) => [id, Math.min(6, i + 1 + ahead)]);
      assertEquals(given, expected as [string, number][]);
    }
    random.dispose();
    model.parameters.dispose();
  }, { device: "cpu" }));
