/**
 * The two pyramids of dilated convolutions beside a non-local block, in plain double precision
 * arithmetic.
 */

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
} from "./plain_layers.ts";

/** Parameters by their names in the block. */
type Named = (name: string) => ArrayLike<number>;

/** Takes each sequence of T rows on its own, as all do but batch norms. */
function apart(x: Rows, T: number, f: (x: Rows) => Rows): Rows {
  return rowsOf(x.flat(), T * x[0].length)
    .flatMap((sequence) => f(rowsOf(sequence, x[0].length)));
}

/** u + norm(out(query key^T / T value)), the norm by the moments of all rows. */
function nonLocal(
  u: Rows,
  T: number,
  of: Named,
  keys: { value: string; query: string; key: string; out: string; norm: string },
): Rows {
  const layer = (x: Rows, part: string) =>
    dense(x, of(`non_local.${part}.weight`), of(`non_local.${part}.bias`));
  const y = apart(u, T, (u) => {
    const [query, key, value] = [keys.query, keys.key, keys.value].map((part) => layer(u, part));
    return query.map((q) => {
      const weights = key.map((k) => dot(q, k) / T);
      return value[0].map((_, c) => sumOf(weights.map((weight, s) => weight * value[s][c])));
    });
  });
  const norm = `non_local.${keys.norm}`;
  return plus(u, batchNormed(layer(y, keys.out), of(`${norm}.weight`), of(`${norm}.bias`)));
}

/** RTFM's in training: convolution, ReLU, batch norm. x [R T, C] -> [R T, C]. */
export function batchNormPyramidOf(x: Rows, T: number, of: Named, dilations: number[]): Rows {
  const block = (x: Rows, name: string, bias?: ArrayLike<number>, dilation = 1) => {
    const y = apart(x, T, (x) => conv(x, of(`${name}.0.weight`), bias, { dilation }));
    return batchNormed(each(y, relu), of(`${name}.2.weight`), of(`${name}.2.bias`));
  };
  const branches = dilations.map((dilation, i) =>
    block(x, `conv_${i + 1}`, of(`conv_${i + 1}.0.bias`), dilation)
  );
  const u = each(dense(x, of("conv_4.0.weight")), relu); // no norm
  const keys = { value: "g", query: "theta", key: "phi", out: "W.0", norm: "W.1" };
  return plus(block(beside(...branches, nonLocal(u, T, of, keys)), "conv_5"), x);
}

/** S3R's in training: convolution, group norm, ReLU. x [R T, C] -> [R T, C]. */
export function groupNormPyramidOf(x: Rows, T: number, of: Named, groups: number): Rows {
  const block = (x: Rows, name: string, bias?: ArrayLike<number>, dilation = 1) =>
    apart(x, T, (x) => {
      const y = conv(x, of(`${name}.0.weight`), bias, { dilation });
      return each(groupNormed(y, of(`${name}.1.weight`), of(`${name}.1.bias`), groups), relu);
    });
  const branches = [1, 2, 4].map((dilation, i) =>
    block(x, `conv_${i + 1}`, of(`conv_${i + 1}.0.bias`), dilation)
  );
  const u = each(dense(x, of("conv_4.0.weight")), relu); // no norm
  const keys = { value: "value", query: "query", key: "key", out: "alter.0", norm: "alter.1" };
  return plus(block(beside(...branches, nonLocal(u, T, of, keys)), "conv_5"), x);
}
