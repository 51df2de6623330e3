import { groupNormPyramid } from "../../src/nn/group_norm_pyramid.ts";
import { onCpu, randomTensor } from "../support/on_cpu.ts";
import { checkPart } from "../support/one_part.ts";
import {
  batchNormed,
  beside,
  conv,
  dense,
  dot,
  each,
  groupNormed,
  plus,
  relu,
  type Rows,
  rowsOf,
  sumOf,
} from "../support/plain_layers.ts";

const [R, T, C] = [2, 5, 16];

onCpu(
  "groupNormPyramid() fuses three dilated branches and a non-local block, and adds its input",
  () => {
    checkPart(
      (scope) => {
        const pyramid = groupNormPyramid(scope, "p", C, {
          reduction: 4,
          groups: 2,
          groupNormEpsilon: 1e-5,
          batchNorm: { epsilon: 1e-5, momentum: 0.1 },
        });
        return ({ x }, context) => pyramid(x, context).output;
      },
      { x: randomTensor([R, T, C], 9) },
      (given) => {
        const of = (name: string) => given[`p.${name}`];
        const apart = (x: Rows, f: (x: Rows) => Rows) =>
          rowsOf(x.flat(), T * x[0].length)
            .flatMap((sequence) => f(rowsOf(sequence, x[0].length)));
        // A norm of groups comes before the ReLU.
        const block = (x: Rows, name: string, dilation = 1) =>
          apart(x, (x) => {
            const y = conv(x, of(`${name}.0.weight`), of(`${name}.0.bias`), { dilation });
            return each(groupNormed(y, of(`${name}.1.weight`), of(`${name}.1.bias`), 2), relu);
          });
        const x = rowsOf(given.x, C);
        const branches = [1, 2, 4].map((dilation, i) => block(x, `conv_${i + 1}`, dilation));
        const u = each(dense(x, of("conv_4.0.weight")), relu); // no norm
        const layer = (x: Rows, part: string) =>
          dense(x, of(`non_local.${part}.weight`), of(`non_local.${part}.bias`));
        const y = apart(u, (u) => {
          const [query, key, value] = ["query", "key", "value"].map((part) => layer(u, part));
          return query.map((q) => {
            const weights = key.map((k) => dot(q, k) / T);
            return value[0].map((_, c) => sumOf(weights.map((weight, s) => weight * value[s][c])));
          });
        });
        const global = plus(
          u,
          batchNormed(
            layer(y, "alter.0"),
            of("non_local.alter.1.weight"),
            of("non_local.alter.1.bias"),
          ),
        );
        return plus(block(beside(...branches, global), "conv_5"), x).flat();
      },
      { mode: "train", tolerance: 2e-5 },
    );
  },
);
