/**
 * Lets go of tensors that tfjs keeps for a gradient that reads their shapes alone: the gradient of
 * a sum needs no summand, but tfjs saves both. A stand-in of the same shape takes their place on
 * the tape.
 */

import * as tf from "@tensorflow/tfjs";
import { tapeEngine } from "../device/tfjs/engine.ts";

type Attributes = Record<string, unknown>;

/** Which of the saved tensors (inputs first, then outputs) are needed for their shape alone. */
export type ShapeOnly = (attributes: Attributes, saved: tf.Tensor[]) => boolean[];

const all: ShapeOnly = (_, saved) => saved.map(() => true);

/** Kernels whose gradients read no value of what is saved, in tfjs 4.22 and in gradients.ts. */
const KERNELS = [
  ...["Add", "AddN", "Sub", "Concat", "Pack", "ExpandDims", "Reshape", "Slice", "PadV2", "Tile"],
  ...["Sum", "Mean", "ArgMax", "ArgMin", "LogicalAnd", "LogicalOr", "LogicalNot"],
  ...["Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"],
  ...["IsNan", "IsFinite", "IsInf"],
];

const rules = new Map<string, ShapeOnly>(KERNELS.map((kernel) => [kernel, all]));

/** Names what a kernel's gradient reads the shape of alone. */
export function saveShapeOnly(kernel: string, rule: ShapeOnly): void {
  rules.set(kernel, rule);
}

/** Smaller tensors stay: a stand-in costs as much. */
const WORTH_BYTES = 1 << 16;

let installed = false;

/** Puts the rules to work, once. */
export function installSavedShapes(): void {
  if (installed) return;
  installed = true;
  const engine = tapeEngine();
  const note = engine.addTapeNode.bind(engine);
  engine.addTapeNode = (kernel, inputs, outputs, gradient, saved, attributes) => {
    try {
      rules.get(kernel)?.(attributes, saved).forEach((shapeOnly, i) => {
        const tensor = saved[i];
        if (!shapeOnly || 4 * tensor.size < WORTH_BYTES) return;
        saved[i] = standIn(tensor);
        tensor.dispose();
      });
    } catch (error) {
      tf.dispose(saved); // they are on no tape yet
      throw error;
    }
    note(kernel, inputs, outputs, gradient, saved, attributes);
  };
}

/**
 * A tensor of the same shape and type whose memory holds one number. Its values must not be read.
 */
function standIn({ shape, dtype }: tf.Tensor): tf.Tensor {
  const engine = tapeEngine();
  const number = tf.scalar(0, dtype as "float32");
  engine.backend.incRef(number.dataId);
  const tensor = tf.keep(engine.makeTensorFromTensorInfo({ dataId: number.dataId, shape, dtype }));
  number.dispose();
  return tensor;
}
