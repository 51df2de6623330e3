/** Adam's kernel for a number of parameters: WGSL has no arrays of buffers, so each is named. */

import code from "../../../kernels/adam.wgsl" with { type: "text" };
import { type Kernel, readKernel } from "../../device/webgpu/pipelines.ts";
import { BUFFERS_EACH, SHARED_BUFFERS } from "./together.ts";

/** Binding of the first parameter, its gradient behind it; the uniform block has the one before. */
const FIRST = SHARED_BUFFERS + 1;
const kernels = new Map<number, Kernel>();

/** adam.wgsl for so many parameters. */
export function adamKernel(count: number): Kernel {
  let kernel = kernels.get(count);
  if (!kernel) {
    kernel = readKernel("adam.wgsl", code, { "adam_places.wgsl": placesText(count) });
    kernels.set(count, kernel);
  }
  return kernel;
}

function placesText(count: number): string {
  const indices = Array.from({ length: count }, (_, index) => index);
  const each = (text: (index: number) => string) => indices.map(text).join("\n");
  const choice = (text: (index: number) => string) =>
    each((index) => `    ${index + 1 < count ? `case ${index}u` : "default"}: { ${text(index)} }`);
  return `
struct Places {
${each((k) => `  first${k}: u32,\n  size${k}: u32,\n  offset${k}: u32,`)}
}

/// A parameter: its first workgroup, its size, and where its moments begin.
struct Place {
  index: u32,
  first: u32,
  size: u32,
  offset: u32,
}

${
    each((k) => {
      const binding = FIRST + BUFFERS_EACH * k;
      return `@group(0) @binding(${binding}) ` +
        `var<storage, read_write> parameter${k}: array<f32>;\n` +
        `@group(0) @binding(${binding + 1}) var<storage, read> gradient${k}: array<f32>;`;
    })
  }

fn place_of(group: u32) -> Place {
  var index = 0u;
${indices.slice(1).map((k) => `  if (group >= places.first${k}) { index = ${k}u; }`).join("\n")}
  switch index {
${choice((k) => `return Place(index, places.first${k}, places.size${k}, places.offset${k});`)}
  }
}

fn parameter_at(index: u32, i: u32) -> f32 {
  switch index {
${choice((k) => `return parameter${k}[i];`)}
  }
}

fn gradient_at(index: u32, i: u32) -> f32 {
  switch index {
${choice((k) => `return gradient${k}[i];`)}
  }
}

fn set_parameter(index: u32, i: u32, value: f32) {
  switch index {
${choice((k) => `parameter${k}[i] = value;`)}
  }
}
`;
}
