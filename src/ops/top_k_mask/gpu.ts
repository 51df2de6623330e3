/** Masks of the k largest on the GPU: of given values, and of scores in noisy copies. */

import type * as tf from "@tensorflow/tfjs";
import gradientCode from "../../../kernels/perturbed_top_k_gradient.wgsl" with { type: "text" };
import maskCode from "../../../kernels/top_k_mask.wgsl" with { type: "text" };
import { readKernel } from "../../device/webgpu/pipelines.ts";
import { meanOverCrops } from "../crop_mean/gpu.ts";
import { registerGpuForm } from "../kernel/gpu_form.ts";

const topKMask = readKernel("top_k_mask.wgsl", maskCode);
const perturbedGradient = readKernel("perturbed_top_k_gradient.wgsl", gradientCode);

/**
 * Columns up to which every element looks at its whole row; a search with its barriers took 3 to 8
 * times as long at 32.
 */
const FEW = 128;
/** Lanes of a workgroup. */
const LANES = 64;

/** How `rows` of `columns` are searched: `of` is "values" or "noisy_scores". */
function search(of: string, rows: number, columns: number) {
  return columns <= FEW
    ? { entry: `of_few_${of}`, workgroups: Math.ceil(rows * columns / LANES) }
    : { entry: `of_${of}`, workgroups: rows };
}

registerGpuForm("WsvadTopKMask", (backend, { values }, { k }) => {
  const [rows, columns] = values.shape;
  const mask = backend.output(values.shape);
  backend.dispatch({
    kernel: topKMask,
    ...search("values", rows, columns),
    bindings: { values, mask },
    uniforms: { rows, columns, k, samples: 1, sigma: 0 },
  });
  return mask;
});

registerGpuForm("WsvadPerturbedTopK", (backend, { scores, noise }, { k, sigma }) => {
  const [R, samples, columns] = noise.shape;
  const mask: tf.TensorInfo = backend.output(noise.shape);
  backend.dispatch({
    kernel: topKMask,
    ...search("noisy_scores", R * samples, columns),
    bindings: { scores, noise, mask },
    uniforms: { rows: R * samples, columns, k, samples, sigma },
  });
  return [meanOverCrops(backend, mask), mask];
});

registerGpuForm("WsvadPerturbedTopKGradient", (backend, { slope, noise, chosen }, { sigma }) => {
  const [rows, samples, columns] = noise.shape;
  const out = backend.output(slope.shape);
  backend.dispatch({
    kernel: perturbedGradient,
    bindings: { slope, noise, chosen, out },
    uniforms: { rows, samples, columns, factor: 1 / (samples * sigma) },
    workgroups: rows,
  });
  return out;
});
