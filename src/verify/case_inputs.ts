/**
 * The inputs of a golden case on the device: of its one pass, of each of its steps, and of what is
 * scored at the end.
 */

import * as tf from "@tensorflow/tfjs";
import { multiHot } from "../data/labels.ts";
import { fault } from "../fault.ts";
import type { DeviceBatch } from "../model/assemble.ts";
import type { Values } from "../contract/slot.ts";
import { type Filled, fillInput } from "./fill.ts";
import type { GoldenCase } from "./golden_case.ts";

/**
 * The videos of a batch, in its order, where a case names them apart; `mild` is one more abnormal
 * video.
 */
const SIDES = ["normal", "abnormal", "mild"];

/** UCF-Crime's; a case of other classes says so. */
const USUAL_CLASSES = 14;

export interface CaseInputs {
  batch: DeviceBatch;
  /** Every other input, such as noise: it stands in for random draws. */
  given: Values;
}

/** Inputs of an eval or train case. */
export function inputsOf(golden: GoldenCase): CaseInputs {
  return take(golden, "{name}", saltOf(golden), golden.lengths);
}

/** Inputs of step k = 0, 1, ... of a steps case. */
export function inputsOfStep(golden: GoldenCase, k: number): CaseInputs {
  const { input = "{name}", salt = "{salt}", lengths: rule } = golden.step_inputs!;
  const lengths = rule
    ? golden.lengths?.map((n) => Math.max(rule.minimum, n - rule.subtract_per_step * k))
    : golden.lengths;
  return take(golden, resolved(input, golden, k), resolved(salt, golden, k), lengths);
}

/** Inputs that a steps case scores after its last step. */
export function finalInputs(golden: GoldenCase): CaseInputs {
  const { final_input: input, final_salt: salt = "{salt}" } = golden.step_inputs!;
  const hasProbe = golden.inputs.some(({ name }) => name === "probe");
  const pattern = input ?? (hasProbe ? "probe" : "{name}");
  return take(golden, pattern, resolved(salt, golden, 0), golden.lengths);
}

function saltOf(golden: GoldenCase): string {
  return golden.inputs_salt ?? golden.salt;
}

function resolved(pattern: string, golden: GoldenCase, k: number): string {
  return pattern.replace("{salt}", saltOf(golden)).replace("{k}", String(k));
}

/**
 * Fills the inputs whose name fits the pattern; a pattern without {name} names the video itself.
 */
function take(
  golden: GoldenCase,
  pattern: string,
  salt: string,
  lengths: number[] | undefined,
): CaseInputs {
  const [before, after] = pattern.split("{name}");
  const found = new Map<string, Filled>();
  for (const input of golden.inputs) {
    if (after === undefined) {
      if (input.name === pattern) found.set("video", input);
    } else if (input.name.startsWith(before) && input.name.endsWith(after)) {
      found.set(input.name.slice(before.length, input.name.length - after.length), input);
    }
  }
  const names = found.has("normal") ? SIDES.filter((name) => found.has(name)) : ["video"];
  const tensorOf = (name: string) => {
    const input = found.get(name);
    if (!input) {
      throw fault(
        SyntaxError,
        `Cannot run golden case "${golden.folder}": no input "${pattern.replace("{name}", name)}"`,
      );
    }
    const values = fillInput(input, salt);
    if (lengths) padAndSmooth(values, input.shape, lengths, golden);
    return tf.tensor(values, input.shape);
  };
  const parts = names.map(tensorOf);
  const video = tf.concat(parts, 0);
  tf.dispose(parts);
  const classIds = golden.class_labels ?? halves(video.shape[0]);
  const numClasses = Number(golden.hyper.num_class ?? USUAL_CLASSES);
  const others = [...found.keys()].filter((name) => !names.includes(name));
  return {
    batch: batchOf(video, classIds, {
      classes: numClasses,
      lengths,
      all: golden.class_labels_all,
    }),
    given: Object.fromEntries(others.map((name) => [name, tensorOf(name)])),
  };
}

/** Class ids of a batch of which every second half is abnormal. */
function halves(B: number): number[] {
  return Array.from({ length: B }, (_, b) => b < B / 2 ? 0 : 1);
}

/**
 * Padding becomes zeros, and the valid frames of a video [B, T, D] come to resemble each other, as
 * the case's `derived_inputs` says: in groups that begin with a frame of their own, of which the
 * others are a mixture.
 */
function padAndSmooth(
  values: Float32Array,
  [B, T, D]: number[],
  lengths: number[],
  { derived_inputs: rule = "", folder }: GoldenCase,
): void {
  const [, group, share] = /t % (\d+) != 0.*\+ ([\d.]+) \* frame t/.exec(rule) ?? [];
  if (group === undefined) {
    throw fault(
      SyntaxError,
      `Cannot run golden case "${folder}": its derived_inputs are of an unknown form`,
    );
  }
  for (let b = 0; b < B; b++) {
    values.fill(0, (b * T + lengths[b]) * D, (b + 1) * T * D);
    for (let t = 1; t < lengths[b]; t++) {
      const first = (b * T + t - t % Number(group)) * D, own = (b * T + t) * D;
      if (first === own) continue;
      for (let d = 0; d < D; d++) {
        values[own + d] = values[first + d] + Math.fround(Number(share) * values[own + d]);
      }
    }
  }
}

/** A batch in which every snippet is valid where nothing else is said; [B, T, D] has one crop. */
function batchOf(
  video: tf.Tensor,
  classIds: number[],
  { classes, lengths, all = classIds.map((id) => [id]) }: {
    classes: number;
    lengths?: number[];
    all?: number[][];
  },
): DeviceBatch {
  if (video.rank === 3) {
    const withCrop = tf.expandDims(video, 1);
    video.dispose();
    return batchOf(withCrop, classIds, { classes, lengths, all });
  }
  const [B, , T] = video.shape;
  return {
    video,
    lengths: lengths ? tf.tensor1d(lengths, "int32") : tf.fill([B], T!, "int32"),
    classIds: tf.tensor1d(Int32Array.from(classIds), "int32"),
    labels: tf.tensor(multiHot(all, classes), [B, classes]),
  };
}

/** The inputs of a function case, by name. */
export function functionInputs(golden: GoldenCase): Values {
  const salt = saltOf(golden);
  return Object.fromEntries(
    golden.inputs.map((input) => [input.name, tf.tensor(fillInput(input, salt), input.shape)]),
  );
}
