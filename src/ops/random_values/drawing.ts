/** How the cases draw random numbers. */

import { Random } from "../../random.ts";
import { type CaseInput, integers } from "../kernel/kernel_case.ts";

/** A seed of more than 32 bits, a stream of 32 and a late step. */
export const DRAWING = { seed: 0x1234567890, stream: 0xFEDCBA98, step: 41, rate: 0.7 };

/** The state that a kernel is given, int32 [4]: low and high half of the seed, step, 0. */
export const STATE = [DRAWING.seed >>> 0, Math.floor(DRAWING.seed / 2 ** 32), DRAWING.step, 0];

export const drawingState: CaseInput = integers([4], STATE);

/** The first uniform numbers of the stream, as the host draws them. */
export function uniformsOf(count: number): Float32Array {
  const random = new Random(DRAWING.seed, DRAWING.stream, DRAWING.step);
  return Float32Array.from({ length: count }, () => random.uniform());
}
