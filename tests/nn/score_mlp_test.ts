import { assert, assertEquals } from "@std/assert";
import { zeros } from "../../src/nn/initialisers.ts";
import { scoreMlp, type ScoreMlpOptions } from "../../src/nn/score_mlp.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart, withPart } from "../support/one_part.ts";
import { dense, each, relu, type Rows, rowsOf, sigmoid } from "../support/plain_layers.ts";

const options: ScoreMlpOptions = {
  inputs: 3,
  hidden: [4, 2],
  activations: ["relu", "none"],
  dropout: 0,
  initialiser: zeros,
};

onCpu("scoreMlp() has its activations between the layers and a sigmoid behind the last one", () => {
  for (
    const [prefix, keys] of [[undefined, ["fc1", "fc2", "fc3"]], ["mlp", [
      "mlp.0",
      "mlp.3",
      "mlp.6",
    ]]] as const
  ) {
    checkPart(
      (scope) => {
        const score = scoreMlp(scope, { ...options, prefix });
        return ({ x }, context) => score(x, context).scores;
      },
      { x: randomTensor([2, 1, 3, 3], 9) },
      (of) => {
        const layer = (x: Rows, i: number) =>
          dense(x, of[`${keys[i]}.weight`], of[`${keys[i]}.bias`]);
        const hidden = each(layer(rowsOf(of.x, 3), 0), relu);
        return each(layer(layer(hidden, 1), 2), sigmoid).flat();
      },
      { mode: "train" },
    );
  }
});

onCpu("scoreMlp() drops its hidden layers in training alone, never the scores", () => {
  withPart(
    (scope) => scoreMlp(scope, { ...options, hidden: [40, 40], dropout: 0.5 }),
    (score, context) => {
      const x = randomTensor([8, 3], 9);
      const zeroes = (mode: "train" | "eval") =>
        score(x, context(mode)).hidden.map((layer) =>
          layer.dataSync().filter((value) => value === 0).length
        );
      const [first, second] = zeroes("train");
      assert(second > 100 && second < 220, `${second} of 320 dropped at a rate of 0.5`);
      assert(first > zeroes("eval")[0]); // what the ReLU left is dropped too
      assertEquals(zeroes("eval")[1], 0);
      assert(score(x, context("train")).scores.dataSync().every((value) => value > 0));
    },
  );
});
