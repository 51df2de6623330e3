/**
 * The backward pass, with the numbers of tf.variableGrads and less memory: tfjs holds every
 * gradient and all that the forward pass saved until the last gradient is there; here both go as
 * soon as the walk has used them.
 */

import * as tf from "@tensorflow/tfjs";
import { tapeEngine, type TapeNode } from "../device/tfjs/engine.ts";

export interface Gradients<T extends tf.Tensor> {
  value: T;
  /** One for each source, null where the value does not depend on it. */
  gradients: (tf.Tensor | null)[];
}

/**
 * Value and gradients of `f`; the caller disposes them.
 *
 * @param sources variables, or other tensors that `f` reads
 * @param slope of what the gradients are wanted of, by the value; absent: of the value itself, 1
 */
export function gradientsOf<T extends tf.Tensor>(
  f: () => T,
  sources: tf.Tensor[],
  slope?: tf.Tensor,
): Gradients<T> {
  const engine = tapeEngine();
  // tfjs's, where this runs in one of its own backward passes
  const outer = engine.state.activeTape;
  engine.startTape();
  let value: T;
  try {
    value = tf.tidy(f);
  } catch (error) {
    disposeSaved(engine.state.activeTape ?? []);
    throw error;
  } finally {
    engine.endTape();
  }
  const tape = engine.state.activeTape!;
  engine.state.activeTape = outer;
  const held: Held = { gradients: new Map(), nodes: new Set(tape) };
  try {
    const path = onPath(tape, sources, value);
    for (const node of tape) if (!path.has(node)) release(node, held);
    held.gradients.set(value.id, slope ? tf.clone(slope) : tf.ones(value.shape));
    for (const node of tape.toReversed()) {
      const inputs = path.get(node);
      if (inputs) walk(node, inputs, held);
    }
    const gradients = sources.map(({ id }) => held.gradients.get(id) ?? null);
    for (const { id } of sources) held.gradients.delete(id);
    return { value, gradients };
  } catch (error) {
    value.dispose();
    throw error;
  } finally {
    disposeSaved(held.nodes);
    tf.dispose([...held.gradients.values()]);
  }
}

/** What is on the device for the sake of the walk. */
interface Held {
  /** By the id of the tensor that they belong to. */
  gradients: Map<number, tf.Tensor>;
  nodes: Set<TapeNode>;
}

function release(node: TapeNode, { nodes }: Held): void {
  tf.dispose(node.saved);
  nodes.delete(node);
}

function disposeSaved(nodes: Iterable<TapeNode>): void {
  for (const { saved } of nodes) tf.dispose(saved);
}

/**
 * The nodes between the sources and the value, each with those of its inputs that depend on a
 * source.
 */
function onPath(
  tape: TapeNode[],
  sources: tf.Tensor[],
  value: tf.Tensor,
): Map<TapeNode, [name: string, input: tf.Tensor][]> {
  const depends = new Set(sources.map(({ id }) => id));
  const inputsOf = new Map<TapeNode, [string, tf.Tensor][]>();
  for (const node of tape) {
    const inputs = Object.entries(node.inputs).filter(([, input]) => depends.has(input.id));
    if (!inputs.length) continue;
    inputsOf.set(node, inputs);
    for (const { id } of node.outputs) depends.add(id);
  }
  const leads = new Set([value.id]);
  for (const node of tape.toReversed()) {
    if (node.outputs.some(({ id }) => leads.has(id))) {
      for (const { id } of Object.values(node.inputs)) leads.add(id);
    } else inputsOf.delete(node);
  }
  return inputsOf;
}

/** Hands the gradients of a node's outputs on to its inputs; what the node held is gone then. */
function walk(node: TapeNode, inputs: [name: string, input: tf.Tensor][], held: Held): void {
  const { gradients } = held;
  if (!node.gradient) throw new Error(`No gradient for "${node.kernelName}"`);
  const slopes = tf.tidy(() => {
    const dys = node.outputs.map(({ id }) => gradients.get(id) ?? null);
    const slopeOf = node.gradient!(dys);
    return inputs.map(([name, { shape }]) => {
      if (!slopeOf[name]) throw new Error(`No gradient for "${name}" of "${node.kernelName}"`);
      // A handle of its own: a gradient function may give back what it was given,
      // or one tensor for two inputs.
      const slope = tf.tidy(() => tf.clone(slopeOf[name]()));
      if (String(slope.shape) !== String(shape) || slope.dtype !== "float32") {
        throw new Error(
          `The gradient for "${name}" of "${node.kernelName}" is ${slope.dtype} [${slope.shape}], expected float32 [${shape}]`,
        );
      }
      return slope;
    });
  });
  for (const { id } of node.outputs) {
    gradients.get(id)?.dispose();
    gradients.delete(id);
  }
  release(node, held);
  const waiting = new Set(slopes);
  try {
    inputs.forEach(([, { id }], i) => {
      const before = gradients.get(id), slope = slopes[i];
      gradients.set(id, before ? tf.add(before, slope) : slope);
      if (before) tf.dispose([before, slope]);
      waiting.delete(slope);
    });
  } finally {
    tf.dispose([...waiting]); // of a sum that failed
  }
}
