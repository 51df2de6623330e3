import { assertThrows } from "@std/assert";
import { batchNormPyramid } from "../../src/nn/batch_norm_pyramid.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart, withPart } from "../support/one_part.ts";
import {
  batchNormed,
  beside,
  conv,
  dense,
  dot,
  each,
  plus,
  relu,
  type Rows,
  rowsOf,
  sumOf,
} from "../support/plain_layers.ts";

const [R, T, C] = [2, 5, 8];
const options = {
  dilations: [1, 2, 4],
  batchNorm: { epsilon: 1e-5, momentum: 0.1 },
  encoder: "test",
};

onCpu(
  "batchNormPyramid() fuses three dilated branches and a non-local block, and adds its input",
  () => {
    checkPart(
      (scope) => {
        const pyramid = batchNormPyramid(scope, C, options);
        return ({ x }, context) => pyramid(x, context).output;
      },
      { x: randomTensor([R, T, C], 9) },
      (given) => {
        const of = (name: string) => given[`Aggregate.${name}`];
        // A batch norm sees the rows of all sequences: the layers before it take each sequence apart.
        const apart = (x: Rows, f: (x: Rows) => Rows) =>
          rowsOf(x.flat(), T * x[0].length)
            .flatMap((sequence) => f(rowsOf(sequence, x[0].length)));
        const norm = (x: Rows, name: string) =>
          batchNormed(x, of(`${name}.weight`), of(`${name}.bias`));
        const x = rowsOf(given.x, C);
        const branches = options.dilations.map((dilation, i) => {
          const name = `conv_${i + 1}`;
          const scale = (x: Rows) =>
            conv(x, of(`${name}.0.weight`), of(`${name}.0.bias`), { dilation });
          return norm(each(apart(x, scale), relu), `${name}.2`);
        });
        const u = each(dense(x, of("conv_4.0.weight")), relu); // no norm
        const layer = (x: Rows, part: string) =>
          dense(x, of(`non_local.${part}.weight`), of(`non_local.${part}.bias`));
        const y = apart(u, (u) => {
          const [query, key, value] = ["theta", "phi", "g"].map((part) => layer(u, part));
          return query.map((q) => {
            const weights = key.map((k) => dot(q, k) / T);
            return value[0].map((_, c) => sumOf(weights.map((weight, s) => weight * value[s][c])));
          });
        });
        const global = plus(u, norm(layer(y, "W.0"), "non_local.W.1"));
        const joined = beside(...branches, global);
        const fused = apart(joined, (x) => conv(x, of("conv_5.0.weight"), undefined));
        return plus(norm(each(fused, relu), "conv_5.2"), x).flat();
      },
      { mode: "train", tolerance: 2e-5 },
    );
  },
);

Deno.test("batchNormPyramid() refuses channels that 8 does not divide", () => {
  withPart((scope) => () => batchNormPyramid(scope, 12, options), (build) => {
    assertThrows(build, RangeError, 'encoder "test" needs a feature size divisible by 8');
  });
});
