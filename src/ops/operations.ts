/**
 * The operations that have a device's own form or cases, each in its folder: what a device loads,
 * and what tests, doctor and bench go through. A new kernel is a folder and an entry here.
 */

import type { CaseSizes, KernelCase, OperationCases } from "./kernel/kernel_case.ts";

interface Operation {
  /** Registers the form on the cpu device. */
  cpu?(): Promise<unknown>;
  /** Registers the form on the webgpu device. */
  gpu?(): Promise<unknown>;
  cases?(): Promise<{ cases: OperationCases }>;
}

const operations: Record<string, Operation> = {
  activation: {
    cpu: () => import("./activation/cpu.ts"),
    gpu: () => import("./activation/gpu.ts"),
    cases: () => import("./activation/cases.ts"),
  },
  attention: {
    cpu: () => import("./attention/cpu.ts"),
    gpu: () => import("./attention/gpu.ts"),
    cases: () => import("./attention/cases.ts"),
  },
  bag_max: {
    cases: () => import("./bag_max/cases.ts"),
  },
  batch_norm: {
    cpu: () => import("./batch_norm/cpu.ts"),
    gpu: () => import("./batch_norm/gpu.ts"),
    cases: () => import("./batch_norm/cases.ts"),
  },
  binary_cross_entropy: {
    cases: () => import("./binary_cross_entropy/cases.ts"),
  },
  channel_norm: {
    cpu: () => import("./channel_norm/cpu.ts"),
    cases: () => import("./channel_norm/cases.ts"),
  },
  column_sum: {
    cpu: () => import("./column_sum/cpu.ts"),
    gpu: () => import("./column_sum/gpu.ts"),
    cases: () => import("./column_sum/cases.ts"),
  },
  crop_mean: {
    cpu: () => import("./crop_mean/cpu.ts"),
    gpu: () => import("./crop_mean/gpu.ts"),
    cases: () => import("./crop_mean/cases.ts"),
  },
  distance_decay: {
    cpu: () => import("./distance_decay/cpu.ts"),
    gpu: () => import("./distance_decay/gpu.ts"),
    cases: () => import("./distance_decay/cases.ts"),
  },
  dual_branch_attention: {
    cpu: () => import("./dual_branch_attention/cpu.ts"),
    gpu: () => import("./dual_branch_attention/gpu.ts"),
    cases: () => import("./dual_branch_attention/cases.ts"),
  },
  gaussian_splat: {
    cases: () => import("./gaussian_splat/cases.ts"),
  },
  gelu: {
    cpu: () => import("./gelu/cpu.ts"),
    gpu: () => import("./gelu/gpu.ts"),
    cases: () => import("./gelu/cases.ts"),
  },
  graph_product: {
    cpu: () => import("./graph_product/cpu.ts"),
    cases: () => import("./graph_product/cases.ts"),
  },
  group_norm: {
    cpu: () => import("./group_norm/cpu.ts"),
    gpu: () => import("./group_norm/gpu.ts"),
    cases: () => import("./group_norm/cases.ts"),
  },
  l2_norm: {
    cpu: () => import("./l2_norm/cpu.ts"),
    gpu: () => import("./l2_norm/gpu.ts"),
    cases: () => import("./l2_norm/cases.ts"),
  },
  layer_norm: {
    cpu: () => import("./layer_norm/cpu.ts"),
    cases: () => import("./layer_norm/cases.ts"),
  },
  length_difference: {
    cases: () => import("./length_difference/cases.ts"),
  },
  linear: {
    cpu: () => import("./linear/cpu.ts"),
    gpu: () => import("./linear/gpu.ts"),
    cases: () => import("./linear/cases.ts"),
  },
  loss_scale: {
    gpu: () => import("./loss_scale/gpu.ts"),
    cases: () => import("./loss_scale/cases.ts"),
  },
  mat_mul: {
    cases: () => import("./mat_mul/cases.ts"),
  },
  optimizer_step: {
    cpu: () => import("./optimizer_step/cpu.ts"),
    gpu: () => import("./optimizer_step/gpu.ts"),
    cases: () => import("./optimizer_step/cases.ts"),
  },
  perturbed_top_k: {
    cpu: () => import("./perturbed_top_k/cpu.ts"),
    cases: () => import("./perturbed_top_k/cases.ts"),
  },
  quick_gelu: {
    cpu: () => import("./quick_gelu/cpu.ts"),
    cases: () => import("./quick_gelu/cases.ts"),
  },
  quick_gelu_mlp: {
    cpu: () => import("./quick_gelu_mlp/cpu.ts"),
    cases: () => import("./quick_gelu_mlp/cases.ts"),
  },
  random_values: {
    cpu: () => import("./random_values/cpu.ts"),
    gpu: () => import("./random_values/gpu.ts"),
    cases: () => import("./random_values/cases.ts"),
  },
  running_average: {
    cpu: () => import("./running_average/cpu.ts"),
    gpu: () => import("./running_average/gpu.ts"),
    cases: () => import("./running_average/cases.ts"),
  },
  shared_conv: {
    cpu: () => import("./shared_conv/cpu.ts"),
    gpu: () => import("./shared_conv/gpu.ts"),
    cases: () => import("./shared_conv/cases.ts"),
  },
  similarity_graph: {
    cpu: () => import("./similarity_graph/cpu.ts"),
    gpu: () => import("./similarity_graph/gpu.ts"),
    cases: () => import("./similarity_graph/cases.ts"),
  },
  softmax: {
    gpu: () => import("./softmax/gpu.ts"),
    cases: () => import("./softmax/cases.ts"),
  },
  span_attention: {
    cpu: () => import("./span_attention/cpu.ts"),
    gpu: () => import("./span_attention/gpu.ts"),
    cases: () => import("./span_attention/cases.ts"),
  },
  squared_norm: {
    cpu: () => import("./squared_norm/cpu.ts"),
    gpu: () => import("./squared_norm/gpu.ts"),
    cases: () => import("./squared_norm/cases.ts"),
  },
  temporal_conv: {
    cpu: () => import("./temporal_conv/cpu.ts"),
    gpu: () => import("./temporal_conv/gpu.ts"),
    cases: () => import("./temporal_conv/cases.ts"),
  },
  top_k: {
    cpu: () => import("./top_k/cpu.ts"),
    gpu: () => import("./top_k/gpu.ts"),
    cases: () => import("./top_k/cases.ts"),
  },
  top_k_mask: {
    cpu: () => import("./top_k_mask/cpu.ts"),
    gpu: () => import("./top_k_mask/gpu.ts"),
    cases: () => import("./top_k_mask/cases.ts"),
  },
  volume_conv: {
    cpu: () => import("./volume_conv/cpu.ts"),
    gpu: () => import("./volume_conv/gpu.ts"),
    cases: () => import("./volume_conv/cases.ts"),
  },
  volume_pool: {
    cpu: () => import("./volume_pool/cpu.ts"),
    gpu: () => import("./volume_pool/gpu.ts"),
    cases: () => import("./volume_pool/cases.ts"),
  },
};

/**
 * Registers every form that a device has, and the gradients, tfjs's own and those that it lacks.
 *
 * @param gradients false: none, which spares loading the parts of tfjs that they come with
 */
export async function loadForms(device: "cpu" | "gpu", gradients = true): Promise<void> {
  if (gradients) (await import("./tfjs_gradients.ts")).installGradients();
  await Promise.all(Object.values(operations).map((operation) => operation[device]?.()));
}

async function allCases(): Promise<OperationCases[]> {
  const loaded = Object.values(operations).map((operation) => operation.cases?.());
  return (await Promise.all(loaded)).flatMap((module) => module ? [module.cases] : []);
}

/** Every kernel at some sizes. */
export async function kernelCases(sizes: CaseSizes): Promise<KernelCase[]> {
  return (await allCases()).flatMap(({ at }) => at(sizes));
}

/** The cases that bench times, at some sizes or at those that an operation asks for. */
export async function timedCases(sizes: CaseSizes): Promise<KernelCase[]> {
  return (await allCases())
    .flatMap(({ at, timedAt }) => at(timedAt ? timedAt(sizes) : sizes))
    .filter(({ timing }) => timing !== undefined);
}
