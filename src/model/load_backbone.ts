/**
 * A backbone with the weights of a published file: whose tensors, container and names are known,
 * and none of which is taken or left in silence.
 */

import type { Backbone, BackboneFacts, Network, WeightPlace } from "../contract/backbone.ts";
import { fault } from "../fault.ts";
import { weightFiles } from "../hub/weight_files.ts";
import { openTensorFile } from "../io/open_tensor_file.ts";
import { float32Of } from "../io/safetensors.ts";
import type { TensorFile } from "../io/tensor_file.ts";
import {
  type BackboneWeights,
  buildNetwork,
  someOf,
  weightProblems,
  weightShapes,
} from "../nn/backbone_network.ts";
import { transposed } from "../nn/transposed.ts";
import type { Preprocessing } from "../video/preprocessing.ts";
import { type BackboneEntry, registry } from "./registry.ts";
import { requireUntuned } from "./tuned_backbones.ts";
import { didYouMean } from "../config/nearest.ts";

export interface BackboneRequest {
  /** An entry of the slot, as {@link registry} names it. */
  name: string;
  /** Its settings; what is not given is the default. */
  settings?: Record<string, unknown>;
  /**
   * File of weights: PyTorch, .safetensors, or a pickle of Caffe2's blobs; null for a backbone that
   * has none.
   */
  weights: string | null;
}

export interface LoadedBackbone {
  name: string;
  settings: unknown;
  facts: BackboneFacts;
  /** Clips as `facts.input` says -> features [clips, dim]; within tf.tidy. */
  network: Network;
  dispose(): void;
}

/**
 * Reads the weights and builds the network on the current device.
 *
 * @throws a fault: an unknown name or setting, a file that is not read, keys that are missing, left
 *     over or of other shapes, weights that saw the test videos
 */
export async function loadBackbone(request: BackboneRequest): Promise<LoadedBackbone> {
  const { entry, settings } = backboneOf(request);
  requireWeights(entry, settings, request.weights);
  const weights: BackboneWeights = request.weights === null
    ? new Map()
    : await readBackboneWeights(entry, settings, request.weights);
  const source = `"${request.weights}"`;
  const { network, dispose } = buildNetwork(entry, settings, weights, { source });
  return { name: entry.name, settings, facts: entry.facts(settings), network, dispose };
}

/**
 * What a backbone is, before any file is looked at.
 *
 * @throws {RangeError} a fault: an unknown name or setting
 */
export function backboneFacts(request: Pick<BackboneRequest, "name" | "settings">): BackboneFacts {
  const { entry, settings } = backboneOf(request);
  return entry.facts(settings);
}

/** What a plugin's backbone says of its frames; those of the tool name a lineage alone. */
export function ownPreprocessing(
  request: Pick<BackboneRequest, "name" | "settings">,
): Preprocessing | undefined {
  const { entry, settings } = backboneOf(request);
  return entry.preprocessing?.(settings);
}

/** @throws {RangeError} a fault: weights are missing, or the backbone has none */
function requireWeights<C>(entry: Backbone<C>, settings: C, weights: string | null): void {
  const needed = weightShapes(entry, settings).size > 0;
  if (needed === (weights !== null)) return;
  throw fault(
    RangeError,
    `Cannot take backbone "${entry.name}": ${
      needed
        ? `its weights are not given; name the file with --weights${whereFrom(entry.name)}`
        : `it has no weights; leave "${weights}" out`
    }`,
  );
}

/** How a file of weights is had. */
function whereFrom(backbone: string): string {
  const names = weightFiles.filter((file) => file.backbone === backbone).map(({ name }) => name);
  return names.length === 0
    ? ""
    : ` (${names.map((name) => `wsvad data download ${name}`).join(", or ")} fetches it)`;
}

function backboneOf({ name, settings = {} }: Pick<BackboneRequest, "name" | "settings">) {
  const entry: BackboneEntry | undefined = registry.backbone[name];
  if (!entry) {
    const names = Object.keys(registry.backbone);
    throw fault(
      RangeError,
      `Cannot take backbone "${name}": no such entry${didYouMean(name, names)} (${
        names.join(", ")
      })`,
    );
  }
  const parsed = entry.config.safeParse(settings);
  if (parsed.success) return { entry, settings: parsed.data };
  const [{ path, message }] = parsed.error.issues;
  throw fault(
    RangeError,
    `Cannot take backbone "${name}" with these settings: ${
      [...path, message].join(": ")
    }; wsvad slots backbone ${name} lists them`,
  );
}

/** A key of the network and where its parts lie in the file. */
interface Held {
  shape: number[];
  parts: { path: string; transposed: boolean }[];
}

/**
 * The weights of a backbone in a file, under its own keys.
 *
 * @throws a fault as {@link loadBackbone}
 */
export async function readBackboneWeights<C>(
  backbone: Backbone<C>,
  config: C,
  path: string,
): Promise<BackboneWeights> {
  using file = await openTensorFile(path);
  requireUntuned(path, backbone.name, file.plain);
  const expected = weightShapes(backbone, config);
  const { held, unknown } = placed(file, backbone, config, expected);
  const shapes = new Map([...held].map(([key, { shape }]) => [key, shape]));
  const problems = [
    ...weightProblems(expected, shapes),
    ...unknown.map((name) => `left over ${name}`),
  ];
  if (problems.length > 0) {
    throw fault(
      TypeError,
      `Cannot use "${path}" as weights of backbone "${backbone.name}": ${
        someOf(problems)
      }; give the file as it was published, or the settings that fit it`,
    );
  }
  const weights: BackboneWeights = new Map();
  for (const key of expected.keys()) {
    const { shape, parts } = held.get(key)!;
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    let at = 0;
    for (const { path: part, transposed: isTurned } of parts) {
      const tensor = await file.read(part);
      const values = float32Of(tensor);
      data.set(isTurned ? transposed(values, tensor.shape[0], tensor.shape[1]) : values, at);
      at += values.length;
    }
    weights.set(key, { shape, data });
  }
  return weights;
}

/**
 * Where each tensor of the file belongs, and the names of those that belong nowhere. A file that
 * has every key under the network's own name is read by them, such as a tower that was saved alone.
 */
function placed<C>(
  file: TensorFile,
  backbone: Backbone<C>,
  config: C,
  expected: ReadonlyMap<string, unknown>,
): { held: Map<string, Held>; unknown: string[] } {
  const held = new Map<string, Held>(), unknown: string[] = [];
  const isKnown = (name: string) => expected.has(name) || backbone.placeOf(name, config) !== null;
  const names = ownNames(file, isKnown);
  const found = new Set(names.map(([, name]) => name));
  const asOwn = [...expected.keys()].every((key) => found.has(key));
  for (const [path, name] of names) {
    if (name.endsWith(".num_batches_tracked")) continue; // a count that nothing reads
    const place = asOwn && expected.has(name) ? { key: name } : backbone.placeOf(name, config);
    if (place === "unused") continue;
    if (place === null) unknown.push(name);
    else if (!add(held, place, { path, shape: file.tensors.get(path)!.shape })) unknown.push(name);
  }
  return { held, unknown };
}

/** False where the place is taken. */
function add(
  held: Map<string, Held>,
  { key, part = 0, parts = 1, transposed }: WeightPlace,
  { path, shape }: { path: string; shape: number[] },
): boolean {
  const known = held.get(key);
  if (known?.parts[part]) return false;
  const [rows, ...rest] = transposed ? shape.toReversed() : shape;
  const { parts: others, shape: [before] } = known ?? { parts: [], shape: [0] };
  others[part] = { path, transposed: transposed ?? false };
  const whole = parts === 1 ? shape.length === 0 ? [] : [rows, ...rest] : [before + rows, ...rest];
  held.set(key, { shape: whole, parts: others });
  return true;
}

/** What programs put before all names of the network that they hold, once or several times. */
const WRAPPERS = /^((module|_orig_mod|model|backbone|net|network)\.)+/;

/**
 * Paths of the weights and their names without containers, and without wrappers unless they belong
 * to a name that is known: of several containers the one in which most is known, since optimisers
 * keep tensors too.
 */
function ownNames(
  file: TensorFile,
  isKnown: (name: string) => boolean,
): [path: string, name: string][] {
  const containers = Map.groupBy(
    [...file.tensors.keys()],
    (path) => path.slice(0, path.lastIndexOf("/") + 1),
  );
  const ownName = (name: string) => isKnown(name) ? name : name.replace(WRAPPERS, "");
  const named = [...containers].map(([container, paths]) =>
    paths.map((path): [string, string] => [
      path,
      ownName(path.slice(container.length).replace(/^module\./, "")),
    ])
  );
  const known = (names: [string, string][]) => names.filter(([, name]) => isKnown(name)).length;
  return named.toSorted((a, b) => known(b) - known(a))[0] ?? [];
}
