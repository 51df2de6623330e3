/**
 * CLIP's text tower: a causal transformer over token embeddings and learned vectors, read at the
 * end of the text.
 *
 * Source: Radford et al., ICML 2021; openai/CLIP:clip/model.py (encode_text), split into embedding
 * and transformer as in nwpu-zxr/VadCLIP:src/clip/model.py. Differs: positions behind the last one
 * that is read are left out, which attention, being causal, could not see. Golden values:
 * tests/golden/clip_text.
 */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../fault.ts";
import type { Context, Initialiser, Scope } from "../contract/slot.ts";
import { attention } from "../ops/attention/op.ts";
import { builtInSizes, builtInValues } from "../text/built_in_tower.ts";
import { BUILT_IN, type ClipSettings, type TowerSizes } from "../text/clip_settings.ts";
import type { PromptRow } from "../text/prompts.ts";
import { towerParameters } from "../text/tower_parameters.ts";
import { clipBlock } from "./clip_block.ts";
import { normalWith, ones, uniformWithin, zeros } from "./initialisers.ts";
import { layerNorm } from "./layer_norm.ts";
import { type PromptAssembly, promptAssembly } from "./prompt_assembly.ts";

export interface ClipTextTower {
  sizes: TowerSizes;
  /**
   * The text features of prompts, [rows, embed], not normalised, differentiable in the learned
   * vectors. While videos are scored with weights that stay, they are computed once.
   *
   * @param learned [R, width], the table that the prompts' learned sources name
   */
  encoder(rows: PromptRow[], learned?: tf.Tensor): (context: Context) => tf.Tensor;
  /**
   * The rows that are read behind the last norm, without the projection: [rows, width].
   *
   * @param adapt takes what block i gives, and gives what goes on: [rows, T, width]
   */
  read(rows: PromptRow[], adapt: (x: tf.Tensor, i: number) => tf.Tensor): tf.Tensor;
  /**
   * As in {@link encoder}, over `length` positions at least; also what each block gives,
   * [rows, T, width].
   */
  encode(
    rows: PromptRow[],
    learned?: tf.Tensor,
    length?: number,
  ): { features: tf.Tensor; blocks: tf.Tensor[] };
}

/** A part of the tower that is trained; the rest keeps CLIP's weights. */
export type TrainedPart = "text_projection";

/**
 * Parameters under OpenAI's keys behind a prefix, "clipmodel." in VadCLIP's checkpoints, frozen but
 * for those in `trained`.
 *
 * @param embed channels of the features that texts are compared with
 * @throws {RangeError} a fault: a width that the heads do not divide
 */
export function clipTextTower(
  scope: Scope,
  prefix: string,
  settings: Pick<ClipSettings, "clip" | "tower">,
  embed: number,
  { trained = [], projection: projects = true }: {
    trained?: TrainedPart[];
    /** false: there is none, and {@link ClipTextTower.read} alone serves. */
    projection?: boolean;
  } = {},
): ClipTextTower {
  const builtIn = settings.clip === BUILT_IN;
  const sizes = builtIn ? builtInSizes(embed) : { ...settings.tower, embed };
  const { context, width, layers, heads } = sizes;
  if (width % heads !== 0) {
    throw fault(
      RangeError,
      `Cannot build the text tower: a width of ${width} is no multiple of ${heads} heads; set runner.branch.tower.heads`,
    );
  }
  const initial = builtIn
    ? builtInInitialisers
    : settings.clip === null
    ? officialInitialisers(sizes)
    : () => zeros; // a file takes their place
  const named = prefixed(scope, prefix, initial, trained);
  const shapes = towerParameters(sizes);
  const parameter = (name: string) => named.parameter(name, shapes.get(name)!, zeros);
  const positions = parameter("positional_embedding"); // [context, width]
  const projection = projects ? parameter("text_projection") : null; // [width, embed]
  const attend = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, scale: number) =>
    attention(q, k, v, scale, { heads, causal: true, implementation: scope.attnImpl });
  const blocks = Array.from(
    { length: layers },
    (_, i) => clipBlock(named, `transformer.resblocks.${i}`, { width, heads, attend }),
  );
  const embedding = parameter("token_embedding.weight"); // [vocabulary, width]
  const finalNorm = layerNorm(named, "ln_final", width);

  const run = (
    assembly: PromptAssembly,
    learned: tf.Tensor | undefined,
    adapt: (x: tf.Tensor, i: number) => tf.Tensor,
  ) => {
    const x = assembly.assemble(embedding, learned); // [rows, T, width]
    const T = x.shape[1]!;
    if (T > context) {
      throw new RangeError(`A prompt of ${T} positions in a tower of ${context}`);
    }
    let output = tf.add(x, tf.slice(positions, [0, 0], [T, width]));
    const outputs = blocks.map((block, i) => output = adapt(block(output), i));
    return { read: finalNorm(assembly.read(output)), blocks: outputs }; // [rows, width]
  };
  const encode: ClipTextTower["encode"] = (rows, learned, length = 0) => {
    if (!projection) throw new TypeError("A text tower without its projection has no features");
    const { read, blocks } = run(promptAssembly(rows, length), learned, (x) => x);
    return { features: tf.matMul(read as tf.Tensor2D, projection as tf.Tensor2D), blocks };
  };
  let encoders = 0;
  return {
    sizes,
    encode,
    read: (rows, adapt) => run(promptAssembly(rows), undefined, adapt).read,
    encoder(rows, learned) {
      const name = `${prefix}text/${encoders++}`;
      const features = () => encode(rows, learned).features;
      return ({ mode, memo }) => mode === "eval" && memo ? memo.of(name, features) : features();
    },
  };
}

/**
 * A scope that puts the prefix before each name, starts values by it, and freezes what is not to be
 * trained.
 */
function prefixed(
  scope: Scope,
  prefix: string,
  initial: (name: string) => Initialiser,
  trained: string[],
): Scope {
  return {
    ...scope,
    parameter: (name, shape) =>
      trained.includes(name)
        ? scope.parameter(prefix + name, shape, initial(name))
        : scope.frozen(prefix + name, shape, initial(name)),
  };
}

function builtInInitialisers(name: string): Initialiser {
  return (shape) => builtInValues(name, shape);
}

/** openai/CLIP:clip/model.py, initialize_parameters; MLP biases as torch.nn.Linear's. */
function officialInitialisers({ width, layers }: TowerSizes): (name: string) => Initialiser {
  const attention = width ** -0.5, deep = attention * (2 * layers) ** -0.5;
  const starts: [string, Initialiser][] = [
    ["token_embedding.weight", normalWith(0.02)],
    ["positional_embedding", normalWith(0.01)],
    ["text_projection", normalWith(attention)],
    ["in_proj_weight", normalWith(attention)],
    ["out_proj.weight", normalWith(deep)],
    ["c_fc.weight", normalWith((2 * width) ** -0.5)],
    ["c_proj.weight", normalWith(deep)],
    ["c_fc.bias", uniformWithin(width ** -0.5)],
    ["c_proj.bias", uniformWithin((4 * width) ** -0.5)],
    [".bias", zeros],
    ["", zeros],
  ];
  return (name) =>
    /ln_(1|2|final)\.weight$/.test(name) ? ones : starts.find(([end]) => name.endsWith(end))![1];
}
