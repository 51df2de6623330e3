/**
 * The weights in a checkpoint of another program, under the names of the official codes: unwrapped,
 * without the prefixes of wrappers, and with an account of what was left out.
 */

import { areFinite } from "../data/finite_values.ts";
import { fault } from "../fault.ts";
import { openTensorFile } from "../io/open_tensor_file.ts";
import { float32Of } from "../io/safetensors.ts";
import type { TensorFile } from "../io/tensor_file.ts";
import type { Tensors } from "./checkpoint.ts";
import { sisterNames } from "./sister_checkpoint.ts";

/** What was not taken, and why. */
export interface Dropped {
  /** A tensor, or the place of several in the file. */
  name: string;
  tensors: number;
  why: string;
}

export interface ForeignWeights {
  /** As in "a PyTorch file". */
  kind: string;
  weights: Tensors;
  dropped: Dropped[];
  /** What the reader should know of the values. */
  notes: string[];
  /** What the file is known to need set before it gives its own scores: key=value. */
  settings: string[];
}

/** Where training scripts keep the state dict among other things, the surest first. */
const CONTAINERS = ["state_dict", "model_state_dict", "model"];
/**
 * DataParallel's, that of Lightning modules with the network in `self.model`, and that of
 * torch.compile.
 */
const PREFIXES = ["module.", "model.", "_orig_mod."];

/** The weights of the original mil, one cell a Keras layer: the matrix [in, out], then the bias. */
const KERAS_LAYERS = { "0": "fc1", "2": "fc2", "4": "fc3" };

/**
 * Parameters that read the features, and the axis of their channels; the first that a file has
 * counts.
 */
const READS_FEATURES: readonly (readonly [name: string, axis: number])[] = [
  ["hard_attention.scorer.fc1.weight", 1],
  ["Aggregate.conv_1.0.weight", 1],
  ["to_tokens.weight", 1],
  ["embedding.conv_1.0.weight", 1],
  ["video_embedding.0.conv_4.0.weight", 1],
  ["input_proj.weight", 1],
  ["frame_position_embeddings.weight", 1],
  ["prototype_layer.normal_prototypes_keys", 1],
  ["self_attention.self_attn.q.weight", 1],
  ["layers.0.attn.q.weight", 1],
  ["fc1.weight", 1],
];

/**
 * Reads the weights of any file of tensors.
 *
 * @param overrides what the user has set
 * @throws fault: not readable, no tensors in it, two of one name, or another computation
 */
export async function readForeignWeights(
  path: string,
  overrides: readonly string[] = [],
): Promise<ForeignWeights> {
  using file = await openTensorFile(path);
  const dropped: Dropped[] = [];
  const drop = (name: string, why: string, tensors = 1) => dropped.push({ name, tensors, why });
  const isKeras = file.kind === "a MATLAB file" && file.tensors.has("0/0");
  const unwrapped = isKeras ? kerasNames(file, drop) : officialNames(file, path, drop);
  const shapes = [...unwrapped].map(([source, name]) =>
    [name, file.tensors.get(source)!.shape] as const
  );
  const sister = sisterNames(new Map(shapes), overrides, path);
  const named = new Map(
    [...unwrapped].flatMap(([source, name]) => {
      const place = sister?.places.get(name) ?? { name };
      if ("name" in place) return [[source, place.name]];
      drop(source, place.why);
      return [];
    }),
  );
  const weights: Tensors = new Map();
  const wide: string[] = [], broken: string[] = [];
  let counters = 0;
  for (const [source, name] of named) {
    if (name.endsWith(".num_batches_tracked")) {
      counters++;
      continue;
    }
    if (weights.has(name)) {
      throw fault(TypeError, `Cannot import "${path}": it holds "${name}" twice`);
    }
    const tensor = await file.read(source);
    if (tensor.dtype === "F64") wide.push(name);
    const data = float32Of(tensor);
    if (!areFinite(data)) broken.push(name);
    const value = { shape: tensor.shape, data };
    weights.set(name, isKeras ? asTorch(name, value) : value);
  }
  if (counters > 0) {
    drop("*.num_batches_tracked", "counts of batches, which nothing reads", counters);
  }
  const notes: string[] = [];
  if (sister?.note) notes.push(sister.note);
  if (wide.length > 0) notes.push(`${wide.length} tensors of float64 are rounded to float32`);
  if (broken.length > 0) {
    notes.push(`${broken.length} tensors hold values that are not finite, such as ${broken[0]}`);
  }
  const kind = sister === null ? file.kind : `${file.kind} of jinmang2/wsad`;
  return { kind, weights, dropped, notes, settings: sister?.settings ?? [] };
}

/** Channels of the features, from the parameter that reads them; null where none is known. */
export function channelsOf(weights: Tensors): number | null {
  for (const [name, axis] of READS_FEATURES) {
    const channels = weights.get(name)?.shape[axis];
    if (channels !== undefined) return channels;
  }
  return null;
}

type Drop = (name: string, why: string, tensors?: number) => void;

/** Names of the file's tensors and what they become: without containers and prefixes. */
function officialNames(file: TensorFile, path: string, drop: Drop): Map<string, string> {
  const paths = [...file.tensors.keys()];
  const tops = Map.groupBy(paths, (name) => name.includes("/") ? name.split("/")[0] : "");
  const only = tops.size === 1 ? [...tops.keys()][0] : "";
  const container = CONTAINERS.find((name) => tops.has(name)) ?? only;
  for (const [top, held] of tops) {
    if (top === container) continue;
    drop(
      top === "" ? held[0] : top,
      `no part of the model's "${container || "state dict"}"`,
      held.length,
    );
  }
  const within = container === "" ? 0 : container.length + 1;
  let names = (tops.get(container) ?? []).map((name) => [name, name.slice(within)] as const);
  if (names.length === 0 || names.some(([, name]) => name === "")) {
    throw fault(
      TypeError,
      `Cannot import "${path}": it holds ${
        paths.length === 0 ? "no tensors" : "a tensor without a name"
      }, expected a state dict; save it by torch.save(model.state_dict(), path)`,
    );
  }
  for (let found = true; found;) {
    found = false;
    for (const prefix of PREFIXES) {
      const inside = names.filter(([, name]) => name.startsWith(prefix));
      if (inside.length === 0) continue;
      found = true;
      for (const [, name] of names) {
        if (!name.startsWith(prefix)) {
          drop(name, `its name lacks the prefix ${prefix} of the model's`);
        }
      }
      names = inside.map(([source, name]) => [source, name.slice(prefix.length)] as const);
    }
  }
  return new Map(names);
}

function kerasNames(file: TensorFile, drop: Drop): Map<string, string> {
  const names = new Map<string, string>();
  for (const source of file.tensors.keys()) {
    const [layer, place] = source.split("/");
    const name = KERAS_LAYERS[layer as keyof typeof KERAS_LAYERS];
    const part = { "0": "weight", "1": "bias" }[place];
    if (name !== undefined && part !== undefined) names.set(source, `${name}.${part}`);
    else drop(source, "no weights of a dense layer");
  }
  return names;
}

/** Keras' matrices are [in, out], and MATLAB's biases are rows. */
function asTorch(name: string, { shape, data }: { shape: number[]; data: Float32Array }) {
  if (name.endsWith(".bias")) return { shape: [data.length], data };
  const [rows, columns] = shape;
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  }
  return { shape: [columns, rows], data: turned };
}
