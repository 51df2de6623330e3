/**
 * Convolution over time on the GPU: one product for all taps, and one pass that shifts and adds.
 *
 *   forward   p [R T, K O] = x [R T, C] weight [C, K O];  y = activation(fold(p) + bias)
 *   backward  g [R T, K O] = unfold(dz);  dx = g weight [K O, C];  dweight [K O, C] = g^T x
 *
 * Products of this width fill a GPU, and no copy of x is made per tap.
 */

import * as tf from "@tensorflow/tfjs";
import foldCode from "../../../kernels/fold_taps.wgsl" with { type: "text" };
import unfoldCode from "../../../kernels/unfold_taps.wgsl" with { type: "text" };
import type { WsvadWebGPUBackend } from "../../device/webgpu/backend.ts";
import { readKernel } from "../../device/webgpu/pipelines.ts";
import type { Activation } from "../activation.ts";
import { activationCode } from "./activation.ts";
import { elementwise, registerGpuForm, sizeOf } from "./gpu_form.ts";

const fold = readKernel("fold_taps.wgsl", foldCode);
const unfold = readKernel("unfold_taps.wgsl", unfoldCode);

/** p and g are this large at most; larger batches are taken in pieces of whole sequences. */
export const pieceLimit = { bytes: 256 * 2 ** 20 };

/** Runs `body` on pieces of the sequences [start, count] whose p or g fits. */
function inPieces<T>(
  backend: WsvadWebGPUBackend,
  [sequences, snippets, width]: [number, number, number],
  body: (start: number, count: number) => T,
): T[] {
  const limit = Math.min(pieceLimit.bytes, backend.device.limits.maxStorageBufferBindingSize);
  const most = Math.max(1, Math.floor(limit / (4 * snippets * width)));
  const pieces = Math.ceil(sequences / most);
  const each = Math.ceil(sequences / pieces); // of equal size, so that buffers are used again
  const results: T[] = [];
  for (let start = 0; start < sequences; start += each) {
    results.push(body(start, Math.min(each, sequences - start)));
  }
  return results;
}

/** Rows [count T, C] of some of the sequences of x [R, T, C]. */
function rowsOf(x: tf.Tensor3D, start: number, count: number): tf.Tensor2D {
  const [sequences, snippets, channels] = x.shape;
  const piece = count === sequences ? x : tf.slice(x, [start, 0, 0], [count, snippets, channels]);
  return tf.reshape(piece, [count * snippets, channels]);
}

function asTensor(info: tf.TensorInfo): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** dz [R T, O] of some sequences -> [R T, K O]. */
function unfolded(
  backend: WsvadWebGPUBackend,
  dz: tf.Tensor2D,
  { snippets, taps, dilation }: { snippets: number; taps: number; dilation: number },
): tf.Tensor2D {
  const [rows, outputs] = dz.shape;
  const g = backend.output([rows, taps * outputs]);
  backend.dispatch({
    kernel: unfold,
    bindings: { dz, g },
    uniforms: { size: sizeOf(g.shape), snippets, outputs, taps, dilation },
    workgroups: elementwise(sizeOf(g.shape)),
  });
  return asTensor(g) as tf.Tensor2D;
}

registerGpuForm("WsvadTemporalConv", (backend, inputs, { dilation, activation }) =>
  tf.tidy(() => {
    const { x, weight } = inputs as unknown as Record<string, tf.Tensor3D>;
    const [sequences, snippets] = x.shape;
    const [outputs, channels, taps] = weight.shape;
    const perTap = tf.transpose(weight, [1, 2, 0]); // [C, K, O]
    const matrix = tf.reshape(perTap, [channels, taps * outputs]);
    const bias = inputs.bias ?? tf.zeros([outputs]);
    const pieces = inPieces(
      backend,
      [sequences, snippets, taps * outputs],
      (start, count) =>
        tf.tidy(() => {
          const p = tf.matMul(rowsOf(x, start, count), matrix); // [R T, K O]
          const y = backend.output([count, snippets, outputs]);
          backend.dispatch({
            kernel: fold,
            constants: { ACTIVATION: activationCode[activation as Activation] },
            bindings: { p, bias, y },
            uniforms: { size: sizeOf(y.shape), snippets, outputs, taps, dilation },
            workgroups: elementwise(sizeOf(y.shape)),
          });
          return asTensor(y);
        }),
    );
    return pieces.length === 1 ? pieces[0] : tf.concat(pieces, 0);
  }));

registerGpuForm("WsvadTemporalConvGradInput", (backend, inputs, { dilation }) =>
  tf.tidy(() => {
    const { dz, weight } = inputs as unknown as Record<string, tf.Tensor3D>;
    const [sequences, snippets] = dz.shape;
    const [outputs, channels, taps] = weight.shape;
    const matrix = tf.reshape(tf.transpose(weight, [2, 0, 1]), [taps * outputs, channels]);
    const pieces = inPieces(
      backend,
      [sequences, snippets, taps * outputs],
      (start, count) =>
        tf.tidy(() => {
          const g = unfolded(backend, rowsOf(dz, start, count), { snippets, taps, dilation });
          return tf.reshape(tf.matMul(g, matrix), [count, snippets, channels]);
        }),
    );
    return pieces.length === 1 ? pieces[0] : tf.concat(pieces, 0);
  }));

registerGpuForm(
  "WsvadTemporalConvGradWeight",
  (backend, inputs, { dilation, kernelSize }) =>
    tf.tidy(() => {
      const { x, dz } = inputs as unknown as Record<string, tf.Tensor3D>;
      const [sequences, snippets, channels] = x.shape;
      const outputs = dz.shape[2];
      const pieces = inPieces(
        backend,
        [sequences, snippets, kernelSize * outputs],
        (start, count) =>
          tf.tidy(() => {
            const taps = { snippets, taps: kernelSize, dilation };
            const g = unfolded(backend, rowsOf(dz, start, count), taps);
            return tf.matMul(g, rowsOf(x, start, count), true); // [K O, C]
          }),
      );
      const sum = pieces.reduce((total, piece) => tf.add(total, piece));
      return tf.transpose(tf.reshape(sum, [kernelSize, outputs, channels]), [1, 2, 0]);
    }),
);
