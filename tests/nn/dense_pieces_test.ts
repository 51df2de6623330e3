import { assertEquals } from "@std/assert";
import type * as tf from "@tensorflow/tfjs";
import type { WeightScope } from "../../src/contract/backbone.ts";
import { buildNetwork } from "../../src/nn/backbone_network.ts";
import { denseInPieces, LARGEST_PIECE } from "../../src/nn/dense_pieces.ts";
import { assertClose, onEitherEngine, randomTensor, valuesOf } from "../support/on_cpu.ts";

onEitherEngine("denseInPieces() gives the same whatever the pieces", () => {
  const weight = valuesOf(randomTensor([5, 3], 1)), bias = valuesOf(randomTensor([5], 2));
  const weights = new Map([
    ["fc.weight", { shape: [5, 3], data: weight }],
    ["fc.bias", { shape: [5], data: bias }],
  ]);
  const x = randomTensor([2, 3], 3);
  const yOf = (most: number) => {
    const made: number[][] = [];
    const part = {
      name: "part",
      build: (_: null, scope: WeightScope) =>
        denseInPieces(
          {
            ...scope,
            tensor(keys, shape, make) {
              made.push(shape!);
              return scope.tensor(keys, shape, make);
            },
          },
          "fc",
          { inputs: 3, outputs: 5, activation: "relu", most },
        ),
    };
    const { network, dispose } = buildNetwork(part, null, weights, { source: "drawn" });
    const y: tf.Tensor = network(x);
    dispose();
    return { y, shapes: made.slice(made.length / 2).filter(({ length }) => length === 2) };
  };
  const whole = yOf(LARGEST_PIECE), pieces = yOf(7);
  assertEquals([whole.shapes, pieces.shapes], [[[5, 3]], [[2, 3], [2, 3], [1, 3]]]);
  assertClose(pieces.y, valuesOf(whole.y), 1e-6);
});
