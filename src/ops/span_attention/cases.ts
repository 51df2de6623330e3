/** Attention with learned spans, causal and not, and its gradient. */

import {
  drawn,
  FLOAT_TOLERANCE,
  type KernelCase,
  type OperationCases,
} from "../kernel/kernel_case.ts";
import { spanAttention } from "./op.ts";
import { spanAttentionGradientReference, spanAttentionReference } from "./reference.ts";

/** Two heads of C channels each. */
export const cases: OperationCases = {
  at({ B, T, C }) {
    const heads = 2, shape: [number, number, number] = [B, T, heads * C];
    const inputs = {
      q: drawn("q", shape),
      k: drawn("k", shape),
      v: drawn("v", shape),
      // Between whole distances, where the gradient of a clamp would hang on the last bit.
      z: drawn(
        "z",
        [B, T, heads],
        (value) => Math.floor((value + 1) / 2 * T) + 0.25 + value / 8,
      ),
    };
    return [true, false].flatMap((causal): KernelCase[] => {
      const settings = { heads, scale: C ** -0.5, ramp: T / 4 + 0.5, causal };
      const direction = causal ? "causal" : "both sides";
      return [{
        name: `WsvadSpanAttention ${direction}`,
        inputs,
        run: ({ q, k, v, z }) => spanAttention(q, k, v, z, settings),
        expected: ({ q, k, v, z }) => [spanAttentionReference(q, k, v, z, shape, settings)],
        tolerance: FLOAT_TOLERANCE,
        slopes: Object.keys(inputs),
      }, {
        name: `WsvadSpanAttentionGrad ${direction}`,
        inputs: { dy: drawn("dy", shape), ...inputs },
        attributes: settings,
        expected: ({ dy, q, k, v, z }) =>
          spanAttentionGradientReference({ dy, q, k, v, z }, shape, settings),
        tolerance: FLOAT_TOLERANCE,
      }];
    });
  },
};
