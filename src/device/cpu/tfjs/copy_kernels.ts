/**
 * tfjs's kernels that only move values, without its detours: on wasm its slice first copies the
 * whole of its input, its split does so for every piece, and its clone copies what could be shared;
 * tfjs clones every tensor that a gradient needs.
 */

import * as tf from "@tensorflow/tfjs";
import type { CpuBackend } from "../cpu_backend.ts";
import { cpuKernel, replaceKernel } from "./cpu_kernel.ts";

interface One {
  x: tf.TensorInfo;
}

/** The same values under a new handle, as on the other backends of tfjs. */
function share(backend: CpuBackend, { dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** The box of x that starts at `begin` and has shape `size`, as a tensor of its own. */
function box(
  backend: CpuBackend,
  x: tf.TensorInfo,
  begin: number[],
  size: number[],
): tf.TensorInfo {
  const out = backend.output(size, x.dtype);
  if (tf.util.sizeFromShape(size) === 0) return out;
  const bytes = tf.util.bytesPerElement(x.dtype);
  const strides = [...tf.util.computeStrides(x.shape), 1].map((stride) => stride * bytes);
  // `run` is the last axis that is cut: from there on a row of the box is one piece of memory
  let run = x.shape.length - 1;
  while (run > 0 && size[run] === x.shape[run]) run--;
  const start = begin.reduce((at, index, axis) => at + index * strides[axis], backend.address(x));
  const piece = size.slice(run).reduce((product, length) => product * length, bytes);
  const pieces = run > 0 ? size[run - 1] : 1, step = run > 0 ? strides[run - 1] : 0;
  const outer = size.slice(0, Math.max(0, run - 1));
  const rounds = tf.util.sizeFromShape(outer);
  let to = backend.address(out);
  for (let round = 0; round < rounds; round++) {
    let from = start, rest = round;
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      from += rest % outer[axis] * strides[axis];
      rest = Math.floor(rest / outer[axis]);
    }
    backend.passes.gatherBlocks(from, step, pieces, piece, to);
    to += pieces * piece;
  }
  return out;
}

/**
 * What a permutation does once axes that stay side by side are one, if it makes two neighbours
 * change places: x as [outer, A, B, inner].
 */
function turnOf(shape: number[], perm: number[]): [number, number, number, number] | null {
  const size = (axes: number[]) => axes.reduce((product, axis) => product * shape[axis], 1);
  const wide = perm.filter((axis) => shape[axis] !== 1); // where an axis of 1 stands says nothing
  const sorted = [...wide].sort((a, b) => a - b);
  let before = 0, behind = wide.length;
  while (before < behind && wide[before] === sorted[before]) before++;
  while (behind > before && wide[behind - 1] === sorted[behind - 1]) behind--;
  if (before === behind) return [1, 1, 1, size(wide)];
  const cut = wide.indexOf(sorted[before], before);
  const turned = [...wide.slice(cut, behind), ...wide.slice(before, cut)];
  if (turned.some((axis, i) => axis !== sorted[before + i])) return null;
  return [
    size(wide.slice(0, before)),
    size(wide.slice(cut, behind)),
    size(wide.slice(before, cut)),
    size(wide.slice(behind)),
  ];
}

/** Registers them for the wasm backend; tensors of strings stay with tfjs's own. */
export function installCopyKernels(): void {
  const stringIdentity = tf.getKernel("Identity", "wasm").kernelFunc;
  replaceKernel("Identity", (call) => {
    const { x } = call.inputs as unknown as One;
    return x.dtype === "string" ? stringIdentity(call) : share(call.backend as CpuBackend, x);
  });

  // to the type that it has already: tfjs's own copies
  const otherCast = tf.getKernel("Cast", "wasm").kernelFunc;
  replaceKernel("Cast", (call) => {
    const { x } = call.inputs as unknown as One;
    const { dtype } = call.attrs as unknown as { dtype: tf.DataType };
    const same = x.dtype === dtype && dtype !== "string";
    return same ? share(call.backend as CpuBackend, x) : otherCast(call);
  });

  const stringSlice = tf.getKernel("Slice", "wasm").kernelFunc;
  replaceKernel("Slice", (call) => {
    const { x } = call.inputs as unknown as One;
    if (x.dtype === "string") return stringSlice(call);
    const { begin, size } = call.attrs as unknown as { begin: number[]; size: number[] };
    const [from, shape] = tf.slice_util.parseSliceParams(x, begin, size);
    tf.slice_util.assertParamsValid(x, from, shape);
    return box(call.backend as CpuBackend, x, from, shape);
  });

  replaceKernel(
    "SplitV",
    cpuKernel<One, { numOrSizeSplits: number | number[]; axis: number }>(
      ({ x }, { numOrSizeSplits, axis }, backend) => {
        const [along] = tf.util.parseAxisParam(axis, x.shape);
        const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, along);
        let next = 0;
        return sizes.map((length) => {
          const begin = x.shape.map((_, i) => i === along ? next : 0);
          next += length;
          return box(backend, x, begin, x.shape.map((size, i) => i === along ? length : size));
        });
      },
    ),
  );

  const otherTranspose = tf.getKernel("Transpose", "wasm");
  replaceKernel("Transpose", (call) => {
    const { x } = call.inputs as unknown as One;
    const { perm } = call.attrs as unknown as { perm: number[] };
    const backend = call.backend as CpuBackend;
    const words = x.dtype === "float32" || x.dtype === "int32";
    const found = words && tf.util.sizeFromShape(x.shape) > 0 ? turnOf(x.shape, perm) : null;
    if (!found) return otherTranspose.kernelFunc(call);
    const shape = perm.map((axis) => x.shape[axis]);
    const [outer, A, B, inner] = found;
    if (A === 1 || B === 1) return { ...share(backend, x), shape };
    const out = backend.output(shape, x.dtype);
    const [from, to] = [backend.address(x), backend.address(out)];
    backend.passes.turn(from, outer, A, B, inner, 4 * A * inner, to);
    return out;
  }, otherTranspose.setupFunc);

  const stringConcat = tf.getKernel("Concat", "wasm").kernelFunc;
  replaceKernel("Concat", (call) => {
    const inputs = call.inputs as unknown as tf.TensorInfo[];
    const backend = call.backend as CpuBackend;
    if (inputs[0].dtype === "string") return stringConcat(call);
    const [axis] = tf.util.parseAxisParam(
      (call.attrs as unknown as { axis: number }).axis,
      inputs[0].shape,
    );
    tf.backend_util.assertParamsConsistent(inputs.map(({ shape }) => shape), axis);
    const shape = tf.backend_util.computeOutShape(inputs.map(({ shape }) => shape), axis);
    const out = backend.output(shape, inputs[0].dtype);
    const bytes = tf.util.bytesPerElement(out.dtype);
    const step = tf.util.sizeFromShape(shape.slice(axis)) * bytes;
    const rows = tf.util.sizeFromShape(shape.slice(0, axis));
    let to = backend.address(out);
    for (const input of inputs) {
      const piece = tf.util.sizeFromShape(input.shape.slice(axis)) * bytes;
      if (piece) backend.passes.scatterBlocks(backend.address(input), to, step, rows, piece);
      to += piece;
    }
    return out;
  });
}
