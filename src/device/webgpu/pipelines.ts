/** WGSL files as kernels: what they bind, and their compiled pipelines. */

import { INCLUDES } from "../../../kernels/includes.ts";

/** A storage binding that a kernel declares. */
interface Binding {
  index: number;
  name: string;
  written: boolean;
}

/** One scalar of a kernel's uniform block. */
interface UniformScalar {
  name: string;
  type: "u32" | "i32" | "f32";
}

/** A WGSL file, with the interface that its text declares. */
export interface Kernel {
  /** The file's name: "l2_norm.wgsl". Messages name it. */
  name: string;
  code: string;
  bindings: Binding[];
  uniforms: { index: number; scalars: UniformScalar[] } | null;
}

const declaration =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(uniform|storage)\s*(?:,\s*(read_write|read)\s*)?>\s*(\w+)\s*:\s*([^;]+);/g;
const scalar = /(\w+)\s*:\s*(u32|i32|f32)/g;

/** A line that asks for the text of another file. */
const inclusion = /^\/\/ include (\S+)$/gm;

/**
 * A kernel's text, and behind it, each once, the texts that it and they include: behind it, so that
 * the lines of a message are those of the kernel's own file. WGSL minds no order of declarations.
 */
function withIncludes(name: string, code: string, includes: Record<string, string>): string {
  const included = new Map([[name, code]]);
  for (const text of included.values()) { // those that are added below among them
    for (const [, asked] of text.matchAll(inclusion)) {
      if (!(asked in includes)) throw new Error(`${name}: the text of ${asked} is not given`);
      included.set(asked, includes[asked]);
    }
  }
  return [...included.values()].join("\n");
}

/**
 * Reads a kernel's interface out of its text: storage bindings and uniform block in group 0, all
 * scalars of the block u32, i32 or f32, one after the other.
 *
 * @param includes texts for lines `// include NAME` of its own and of what it includes, beside
 *                 those that kernels share
 *
 * @example
 * import code from "../../../kernels/l2_norm.wgsl" with { type: "text" };
 * const l2Norm = readKernel("l2_norm.wgsl", code);
 */
export function readKernel(
  name: string,
  own: string,
  includes: Record<string, string> = {},
): Kernel {
  const code = withIncludes(name, own, { ...INCLUDES, ...includes });
  const kernel: Kernel = { name, code, bindings: [], uniforms: null };
  const text = code.replaceAll(/\/\/.*$/gm, "");
  for (const [, index, space, access, variable, type] of text.matchAll(declaration)) {
    if (space === "storage") {
      kernel.bindings.push({
        index: Number(index),
        name: variable,
        written: access === "read_write",
      });
      continue;
    }
    const body = new RegExp(`struct\\s+${type.trim()}\\s*{([^}]*)}`).exec(text);
    if (!body) throw new Error(`${name}: the uniform block "${variable}" must be a struct`);
    const scalars = [...body[1].matchAll(scalar)].map(([, field, kind]) => ({
      name: field,
      type: kind as UniformScalar["type"],
    }));
    kernel.uniforms = { index: Number(index), scalars };
  }
  if (kernel.bindings.length === 0) throw new Error(`${name} declares no storage bindings`);
  return kernel;
}

/** Entry point and override constants of one variant of a kernel. */
export interface Variant {
  entry?: string;
  constants?: Record<string, number>;
}

/** Compiled pipelines of one device, made when first needed. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #modules = new Map<Kernel, GPUShaderModule>();
  readonly #pipelines = new Map<Kernel, Map<string, GPUComputePipeline>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * The pipeline of a variant. A kernel that does not compile makes an uncaptured error that names
   * the file and the line; the backend throws it at the next call or read.
   */
  get(kernel: Kernel, { entry = "main", constants = {} }: Variant = {}): GPUComputePipeline {
    const variants = this.#pipelines.get(kernel) ?? new Map<string, GPUComputePipeline>();
    this.#pipelines.set(kernel, variants);
    let key = entry;
    for (const name in constants) key += ` ${name}=${constants[name]}`;
    let pipeline = variants.get(key);
    if (!pipeline) {
      pipeline = this.#device.createComputePipeline({
        label: `${kernel.name} ${key}`,
        layout: "auto",
        compute: { module: this.#module(kernel), entryPoint: entry, constants },
      });
      variants.set(key, pipeline);
    }
    return pipeline;
  }

  /**
   * Compiles a kernel and waits for the verdict.
   *
   * @throws {SyntaxError} the text is not valid WGSL; the message names the file and the line
   */
  async check(kernel: Kernel, variant: Variant = {}): Promise<void> {
    this.#device.pushErrorScope("validation");
    this.get(kernel, variant);
    const error = await this.#device.popErrorScope();
    if (!error) return;
    this.#modules.delete(kernel);
    this.#pipelines.delete(kernel);
    throw new SyntaxError(`kernels/${kernel.name} does not compile: ${error.message.trim()}`);
  }

  #module(kernel: Kernel): GPUShaderModule {
    let module = this.#modules.get(kernel);
    if (!module) {
      module = this.#device.createShaderModule({ label: kernel.name, code: kernel.code });
      this.#modules.set(kernel, module);
    }
    return module;
  }
}
