/**
 * CLIP's text weights as they lie on disk: Hugging Face's folders and files, OpenAI's state dict,
 * and VadCLIP's checkpoints, which hold it behind "clipmodel.".
 */

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../fault.ts";
import { weightsConversion } from "../io/foreign_kinds.ts";
import { float32Of, readSafetensors, type StoredTensor } from "../io/safetensors.ts";
import type { FileValue } from "../io/file_value.ts";
import { BUILT_IN, type ClipSettings, IN_CHECKPOINT, type TowerSizes } from "./clip_settings.ts";
import { readVocabulary, vocabularyFile } from "./read_vocabulary.ts";
import { towerParameters } from "./tower_parameters.ts";
import { clipVocabulary } from "./vocabulary.ts";

const SOURCE = "https://huggingface.co/openai/clip-vit-base-patch16/resolve/main/model.safetensors";
const WEIGHTS_FILE = "model.safetensors";

/** A tensor by OpenAI's key: its shape, and its numbers on demand. */
export interface TowerTensor {
  shape: number[];
  read(): Float32Array;
}

/**
 * The values of a text tower under OpenAI's keys behind `prefix`, for a slot's `readFiles`. None
 * for the built-in tower, which its initial values make.
 *
 * @throws a fault: no weights named, and how to come by them; a file that is none, or of another
 *     tower
 */
export async function readClipWeights(
  settings: ClipSettings,
  prefix: string,
): Promise<FileValue[]> {
  if (settings.clip === BUILT_IN) return [];
  const path = clipFile(settings.clip);
  const tensors = towerTensors(path, (await readSafetensors(path, isOfText)).tensors);
  requireSizes(path, tensors, settings);
  requireKnownVocabulary(settings);
  return [...towerParameters({ ...settings.tower, embed: 0 }).keys()].map((name) => {
    const { shape, read } = tensors.get(name)!;
    return { name: prefix + name, shape, data: read(), path };
  });
}

/**
 * The file of weights that the settings name.
 *
 * @throws a fault: none named, or nothing of the kind there
 */
export function clipFile(clip: string | null): string {
  if (clip === null || clip === IN_CHECKPOINT) {
    throw fault(
      Error,
      `Cannot begin a training with a text branch: it needs CLIP's text weights; fetch the file ${WEIGHTS_FILE} of openai/clip-vit-base-patch16 (600 MB) by \`curl -L --create-dirs -o clip/${WEIGHTS_FILE} ${SOURCE}\` and set runner.branch.clip=clip, or try it on data=synthetic data.features=clip, which needs none`,
    );
  }
  if (!existsSync(clip)) {
    throw fault(
      Error,
      `Cannot read CLIP's text weights from "${clip}": no such file or folder; fetch them by \`curl -L --create-dirs -o ${
        clip.endsWith(".safetensors") ? clip : join(clip, WEIGHTS_FILE)
      } ${SOURCE}\``,
    );
  }
  const path = statSync(clip).isDirectory() ? join(clip, WEIGHTS_FILE) : clip;
  if (!existsSync(path)) {
    throw fault(
      Error,
      `Cannot read CLIP's text weights from "${clip}": no ${WEIGHTS_FILE} in it; fetch it by \`curl -L -o ${path} ${SOURCE}\``,
    );
  }
  if (path.endsWith(".safetensors")) return path;
  throw fault(
    TypeError,
    `Cannot read CLIP's text weights from "${path}": expected a .safetensors file; convert a PyTorch file by \`${
      weightsConversion(path, path.replace(/\.[^./]*$/, "") + ".safetensors")
    }\``,
  );
}

/** Leaves the image tower on disk. */
function isOfText(name: string): boolean {
  return !/(^|\.)(visual|vision_model|visual_projection)\./.test(name);
}

/**
 * The tower's tensors by OpenAI's keys, whoever wrote the file.
 *
 * @throws {TypeError} a fault: a file without them
 */
function towerTensors(
  path: string,
  stored: Map<string, StoredTensor>,
): Map<string, TowerTensor> {
  const marks = ["token_embedding.weight", "embeddings.token_embedding.weight"];
  const key = [...stored.keys()].find((name) => marks.some((mark) => name.endsWith(mark)));
  if (key === undefined) {
    throw fault(
      TypeError,
      `Cannot read CLIP's text weights from "${path}": no key ends in "token_embedding.weight" among ${
        [...stored.keys()].slice(0, 3).join(", ") || "none"
      }; give a file with the keys of Hugging Face or OpenAI`,
    );
  }
  const hugging = key.endsWith("text_model.embeddings.token_embedding.weight");
  const before = key.slice(
    0,
    key.length - (hugging ? "text_model.embeddings.token_embedding.weight" : marks[0]).length,
  );
  const own = new Map(
    [...stored].filter(([name]) => name.startsWith(before))
      .map(([name, tensor]) => [name.slice(before.length), tensor]),
  );
  return hugging ? fromHuggingFace(path, own) : new Map(
    [...own].map(([name, tensor]) => [name, asIs(tensor)]),
  );
}

function asIs(tensor: StoredTensor): TowerTensor {
  return { shape: tensor.shape, read: () => float32Of(tensor) };
}

/**
 * Hugging Face's key of each part of a layer; query, key and value are one parameter with OpenAI.
 */
const LAYER_KEYS: [string, string][] = [
  ["ln_1", "layer_norm1"],
  ["ln_2", "layer_norm2"],
  ["attn.out_proj", "self_attn.out_proj"],
  ["mlp.c_fc", "mlp.fc1"],
  ["mlp.c_proj", "mlp.fc2"],
];

function fromHuggingFace(
  path: string,
  stored: Map<string, StoredTensor>,
): Map<string, TowerTensor> {
  const take = (name: string): StoredTensor => {
    const tensor = stored.get(name);
    if (tensor) return tensor;
    throw fault(
      TypeError,
      `Cannot read CLIP's text weights from "${path}": no "${name}" in it; give the file of a CLIPModel as it was published`,
    );
  };
  const tensors = new Map<string, TowerTensor>([
    ["token_embedding.weight", asIs(take("text_model.embeddings.token_embedding.weight"))],
    ["positional_embedding", asIs(take("text_model.embeddings.position_embedding.weight"))],
    ["text_projection", transposed(take("text_projection.weight"))],
  ]);
  for (const end of ["weight", "bias"]) {
    tensors.set(`ln_final.${end}`, asIs(take(`text_model.final_layer_norm.${end}`)));
  }
  for (let i = 0; stored.has(`text_model.encoder.layers.${i}.layer_norm1.weight`); i++) {
    const ours = `transformer.resblocks.${i}`, theirs = `text_model.encoder.layers.${i}`;
    for (const end of ["weight", "bias"]) {
      for (const [name, from] of LAYER_KEYS) {
        tensors.set(`${ours}.${name}.${end}`, asIs(take(`${theirs}.${from}.${end}`)));
      }
      const parts = ["q", "k", "v"].map((part) => take(`${theirs}.self_attn.${part}_proj.${end}`));
      tensors.set(`${ours}.attn.in_proj_${end}`, stacked(parts));
    }
  }
  return tensors;
}

/** Tensors of one shape, one behind the other along the first axis. */
function stacked(parts: StoredTensor[]): TowerTensor {
  const [rows, ...rest] = parts[0].shape;
  return {
    shape: [rows * parts.length, ...rest],
    read() {
      const values = parts.map(float32Of);
      const all = new Float32Array(values.reduce((sum, { length }) => sum + length, 0));
      values.forEach((part, i) => all.set(part, i * values[0].length));
      return all;
    },
  };
}

/** [out, in] -> [in, out]. */
function transposed(tensor: StoredTensor): TowerTensor {
  const [rows, columns] = tensor.shape;
  return {
    shape: [columns, rows],
    read() {
      const values = float32Of(tensor), turned = new Float32Array(values.length);
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) turned[c * rows + r] = values[r * columns + c];
      }
      return turned;
    },
  };
}

/** Refuses a tower of other sizes than the settings say, telling the settings that fit. */
function requireSizes(
  path: string,
  tensors: Map<string, TowerTensor>,
  { tower }: ClipSettings,
): void {
  const shapeOf = (name: string) => tensors.get(name)?.shape ?? [];
  let layers = 0;
  while (tensors.has(`transformer.resblocks.${layers}.ln_1.weight`)) layers++;
  const [vocabulary, width] = shapeOf("token_embedding.weight");
  const [context] = shapeOf("positional_embedding");
  const [, embed] = shapeOf("text_projection");
  const found: Record<string, number> = { width, layers, context, vocabulary };
  const other = Object.entries(found).filter(([name, size]) =>
    tower[name as keyof typeof tower] !== size
  );
  if (other.length > 0) {
    const expected = other.map(([name]) => `${name} ${tower[name as keyof typeof tower]}`);
    const mend = other.map(([name, size]) => `runner.branch.tower.${name}=${size}`);
    if (found.width !== tower.width) mend.push(`runner.branch.tower.heads=${width / 64}`);
    throw fault(
      TypeError,
      `Cannot use CLIP's text weights from "${path}": expected a tower of ${
        expected.join(", ")
      }, found ${other.map(([, size]) => size).join(", ")}; set ${mend.join(" ")}`,
    );
  }
  const sizes: TowerSizes = { ...tower, embed };
  for (const [name, shape] of towerParameters(sizes)) {
    const there = tensors.get(name)?.shape;
    if (String(there) === String(shape)) continue;
    throw fault(
      TypeError,
      `Cannot use CLIP's text weights from "${path}": expected ${name} [${shape}], found ${
        there ? `[${there}]` : "none"
      }; the file is damaged or of another model`,
    );
  }
}

/** A folder that comes with other tokens than CLIP's would have its texts misread. */
function requireKnownVocabulary({ clip, vocabulary }: ClipSettings): void {
  if (vocabulary !== null || clip === null || !statSync(clip).isDirectory()) return;
  if (vocabularyFile(clip) === null) return;
  const theirs = readVocabulary(clip), ours = clipVocabulary();
  const same = theirs.start === ours.start && theirs.end === ours.end &&
    theirs.merges.length === ours.merges.length &&
    theirs.merges.every((merge, i) => merge === ours.merges[i]) &&
    [...ours.ids].every(([symbol, id]) => theirs.ids.get(symbol) === id);
  if (same) return;
  throw fault(
    TypeError,
    `Cannot use CLIP's own vocabulary with "${clip}": the folder comes with another one; set runner.branch.vocabulary=${clip}`,
  );
}
