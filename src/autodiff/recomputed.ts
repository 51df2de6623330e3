/**
 * Stages of a model whose tensors are not kept for the backward pass but made again in it: the
 * forward pass of a stage a second time, for the memory of one stage in place of all. The numbers
 * are the same bit for bit, dropout among them, as random numbers are a function of step, stream
 * and element; where several stages read one tensor or variable, their gradients are added stage by
 * stage, which may change a last bit.
 *
 * Source: Chen et al., Training deep nets with sublinear memory cost, arXiv 1604.06174.
 */

import * as tf from "@tensorflow/tfjs";
import { gradientsOf } from "./backward.ts";
import { tapeEngine, type TapeNode } from "../device/tfjs/engine.ts";

/**
 * y = stage(x), with nothing but x kept for the gradient.
 *
 * @param stage reads x and variables alone, and changes nothing: it runs twice
 * @throws {Error} the stage reads another tensor that depends on a variable
 */
export function recomputed(x: tf.Tensor, stage: (x: tf.Tensor) => tf.Tensor): tf.Tensor {
  const engine = tapeEngine();
  if (!engine.isTapeOn()) return tf.tidy(() => stage(x));
  const tape = engine.state.activeTape!, before = tape.length;
  const y = tf.tidy(() => stage(x));
  const nodes = tape.splice(before);
  for (const { saved } of nodes) tf.dispose(saved);
  const variables = variablesOf(nodes, x, tape);
  const inputs = Object.fromEntries([x, ...variables].map((input, i) => [`input ${i}`, input]));
  const gradient = (dy: tf.Tensor, [kept]: tf.Tensor[]) => {
    const { value, gradients } = gradientsOf(() => stage(kept), [kept, ...variables], dy);
    value.dispose();
    return Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }], i) => [
        name,
        () => gradients[i] ?? tf.zeros(shape),
      ]),
    );
  };
  engine.addTapeNode("WsvadRecomputed", inputs, [y], gradient, [handleOf(x)], {});
  return y;
}

/** The variables that a stage reads. */
function variablesOf(stage: TapeNode[], x: tf.Tensor, tape: TapeNode[]): tf.Variable[] {
  const known = new Set(tape.flatMap(({ outputs }) => outputs.map(({ id }) => id)));
  const found = new Map<number, tf.Variable>();
  for (const { kernelName, inputs } of stage) {
    for (const input of Object.values(inputs)) {
      if (input instanceof tf.Variable) found.set(input.id, input);
      else if (input.id !== x.id && known.has(input.id)) {
        throw new Error(
          `A stage that is recomputed reads, in "${kernelName}", a tensor [${input.shape}] that is not its input`,
        );
      }
    }
  }
  return [...found.values()].filter(({ dtype }) => dtype === "float32");
}

/** The same values, in memory as long as the handle; off the tape. */
function handleOf({ dataId, shape, dtype }: tf.Tensor): tf.Tensor {
  const engine = tapeEngine();
  engine.backend.incRef(dataId);
  return tf.keep(engine.makeTensorFromTensorInfo({ dataId, shape, dtype }));
}
