/**
 * Group normalisation on the cpu, row by row [T, C], while the row is in the cache: sums of columns
 * in passes, what groups make of them here, then one pass that writes.
 */

import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import type { Activation } from "../activation/op.ts";
import { addBiasAndActivate } from "../activation/cpu.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";

/** Sets each group of `values` to the mean of its columns. */
function levelGroups(values: Float32Array, groups: number): void {
  const width = values.length / groups;
  for (let start = 0; start < values.length; start += width) {
    let sum = 0;
    for (let c = start; c < start + width; c++) sum += values[c];
    values.fill(sum / width, start, start + width);
  }
}

/** Scratch memory: vectors of C numbers by name, and what the column passes need. */
function withVectors<Name extends string>(
  backend: CpuBackend,
  C: number,
  names: Name[],
  body: (
    at: Record<Name, number>,
    values: Record<Name, Float32Array>,
    scratch: number,
  ) => void,
): void {
  const bytes = names.length * C * 4;
  backend.withScratch(bytes + backend.passes.columnScratchBytes(C), (start) => {
    const at = {} as Record<Name, number>, values = {} as Record<Name, Float32Array>;
    names.forEach((name, i) => {
      at[name] = start + i * C * 4;
      values[name] = new Float32Array(backend.heap.buffer, at[name], C);
    });
    body(at, values, start + bytes);
  });
}

registerCpuForm("WsvadGroupNorm", (backend, { x, gamma, beta }, attributes) => {
  const { groups, epsilon, activation } = attributes;
  const { passes } = backend;
  const [R, T, C] = x.shape;
  const y = backend.output(x.shape);
  const [from, shift, to] = [x, beta, y].map((info) => backend.address(info));
  withVectors(backend, C, ["mean", "scale"], (at, { mean, scale }, scratch) => {
    const gains = backend.floats(gamma);
    for (let r = 0; r < R; r++) {
      const row = r * T * C * 4;
      passes.columnSum(from + row, T, C, T, at.mean, scratch);
      levelGroups(mean, groups);
      passes.columnVariance(from + row, at.mean, T, C, at.scale, scratch);
      levelGroups(scale, groups);
      for (let c = 0; c < C; c++) scale[c] = gains[c] / Math.sqrt(scale[c] + epsilon);
      passes.normalise(from + row, at.mean, at.scale, shift, T, C, to + row);
    }
  });
  addBiasAndActivate(backend, y, undefined, activation as Activation);
  return y;
});

// With n = T C / groups values in a group, s = 1 / sqrt(variance + epsilon), d = x - mean,
// per group:
//   dx = s (gamma dz - sum(gamma dz) / n - d s^2 sum(gamma dz d) / n)
registerCpuForm("WsvadGroupNormGrad", (backend, { dz, x, gamma }, { groups, epsilon }) => {
  const { passes } = backend;
  const [R, T, C] = x.shape;
  const [dx, dgamma, dbeta] = [x.shape, [C], [C]].map((shape) => backend.output(shape));
  const [slopes, from, to] = [dz, x, dx].map((info) => backend.address(info));
  const gain = new Float64Array(C), shift = new Float64Array(C); // sums over the rows
  const names = ["mean", "variance", "sums", "products", "scale", "slope", "level"] as const;
  withVectors(backend, C, [...names], (at, vectors, scratch) => {
    const { mean, variance, sums, products, scale, slope, level } = vectors;
    const gains = backend.floats(gamma);
    const width = C / groups, inGroup = T * width;
    for (let r = 0; r < R; r++) {
      const row = r * T * C * 4;
      passes.columnSum(from + row, T, C, T, at.mean, scratch);
      levelGroups(mean, groups);
      passes.columnVariance(from + row, at.mean, T, C, at.variance, scratch);
      levelGroups(variance, groups);
      passes.columnProducts(
        ...[slopes + row, from + row, at.mean, T, C, at.sums, at.products, scratch] as const,
      );
      for (let start = 0; start < C; start += width) {
        const inverse = 1 / Math.sqrt(variance[start] + epsilon);
        let sum = 0, along = 0;
        for (let c = start; c < start + width; c++) {
          sum += gains[c] * sums[c];
          along += gains[c] * products[c];
          gain[c] += inverse * products[c];
          shift[c] += sums[c];
          scale[c] = gains[c] * inverse;
        }
        slope.fill(-(inverse ** 3) * along / inGroup, start, start + width);
        level.fill(-inverse * sum / inGroup, start, start + width);
      }
      passes.normaliseGradient(
        ...[slopes + row, from + row, at.mean, at.scale, at.slope, at.level] as const,
        ...[T, C, to + row] as const,
      );
    }
  });
  backend.floats(dgamma).set(gain);
  backend.floats(dbeta).set(shift);
  return [dx, dgamma, dbeta];
});
