/** The kernels of graph convolutions and of CLIP's feed-forward part against their plain loops, for the self-test. */

import * as tf from "@tensorflow/tfjs";
import { graphProduct } from "../graph_product/op.ts";
import { graphProductReference } from "../graph_product/reference.ts";
import { runKernel, runKernels } from "./kernel.ts";
import { type CaseSizes, FLOAT_TOLERANCE, type KernelCase, numbers } from "./kernel_case.ts";
import { quickGeluMlp } from "../quick_gelu_mlp/op.ts";
import {
  quickGeluMlpGradientReference,
  quickGeluMlpReference,
} from "../quick_gelu_mlp/reference.ts";
import { similarityGraph } from "../similarity_graph/op.ts";
import {
  similarityGraphGradientReference,
  similarityGraphReference,
} from "../similarity_graph/reference.ts";

/** Cosines of random rows lie around 0: this lets some pass. */
const THRESHOLD = 0.1;

/** Videos of all T snippets and shorter ones. */
export function graphCases({ B, N, T, C, O }: CaseSizes): KernelCase[] {
  const R = B * N, M = R * T;
  const shape: [number, number, number] = [R, T, C];
  const lengths = Int32Array.from({ length: R }, (_, r) => Math.max(1, T - 3 * r));
  const x = numbers("x", M * C), residual = numbers("residual", M * C);
  const dgraph = numbers("dgraph", M * T);
  const graph = similarityGraphReference(x, lengths, shape, THRESHOLD);
  const rows = () => tf.tensor(x, shape), valid = () => tf.tensor1d(lengths, "int32");
  const table = (values: ArrayLike<number>) => tf.tensor(Float32Array.from(values), [R, T, T]);
  const weights = [[O, C], [O], [C, O], [C]].map((size, i) => ({
    size,
    values: numbers(`weight ${i}`, size.reduce((product, length) => product * length, 1)),
  }));
  const [wide, wideBias, narrow, narrowBias] = weights.map(({ values }) => values);
  const [wideAt, wideBiasAt, narrowAt, narrowBiasAt] = weights.map(({ size, values }) => () =>
    tf.tensor(values, size)
  );
  const sizes: [number, number, number, number] = [M, C, O, C];
  const float = (name: string, expected: ArrayLike<number>[], run: () => tf.Tensor[]) => ({
    name,
    tolerance: FLOAT_TOLERANCE,
    expected,
    run,
  });
  return [
    float(
      "WsvadSimilarityGraph",
      [graph],
      () => [similarityGraph(rows(), valid(), THRESHOLD)],
    ),
    float(
      "WsvadSimilarityGraphGrad",
      [similarityGraphGradientReference(dgraph, x, lengths, shape, THRESHOLD)],
      () => {
        const inputs = { dy: table(dgraph), x: rows(), lengths: valid(), graph: table(graph) };
        return [runKernel("WsvadSimilarityGraphGrad", inputs, { threshold: THRESHOLD })];
      },
    ),
    float(
      "WsvadGraphProduct",
      [graphProductReference(graph, x, residual, shape)],
      () => [graphProduct(table(graph), rows(), tf.tensor(residual, shape))],
    ),
    float(
      "WsvadQuickGeluMlp",
      [quickGeluMlpReference(x, wide, wideBias, narrow, narrowBias, sizes)],
      () => [
        quickGeluMlp(rows(), {
          wide: wideAt(),
          wideBias: wideBiasAt(),
          narrow: narrowAt(),
          narrowBias: narrowBiasAt(),
        }),
      ],
    ),
    float(
      "WsvadQuickGeluMlpGrad",
      quickGeluMlpGradientReference(residual, x, wide, wideBias, narrow, sizes),
      () =>
        runKernels("WsvadQuickGeluMlpGrad", {
          dy: tf.tensor(residual, [M, C]),
          x: tf.tensor(x, [M, C]),
          wide: wideAt(),
          wideBias: wideBiasAt(),
          narrow: narrowAt(),
        }, { trained: true }),
    ),
  ];
}
