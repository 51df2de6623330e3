/**
 * Both branches of every head on the cpu, straight from the columns of x to those of y, and back.
 */

import type { CpuBackend } from "../../device/cpu/cpu_backend.ts";
import { NO_DROPOUT } from "../attention/op.ts";
import { decayMass } from "../distance_decay/op.ts";
import { DECAY_SCALE } from "./op.ts";
import { attend, attentionSlopes } from "../attention/cpu.ts";
import { type Attended, type Rows, rowsOf } from "../attention/cpu_blocks.ts";
import { registerCpuForm } from "../kernel/cpu_form.ts";
import { type Strips, withDecay } from "../distance_decay/cpu.ts";

interface Sizes {
  R: number;
  T: number;
  heads: number;
  /** Channels of a head. */
  d: number;
}

function attributesOf({ heads, d }: Sizes) {
  return { scale: d ** -0.5, heads, causal: false, window: 0, ...NO_DROPOUT };
}

/** Runs `body` with the strips of one head after the other, those of all rows, of two tensors. */
function eachHead(
  { T, heads }: Sizes,
  [x, y]: [Rows, Rows],
  body: (x: Strips, y: Strips) => void,
): void {
  const strips = ({ at, step, head }: Rows, h: number): Strips => {
    return { at: at + h * head, row: T * step, step };
  };
  for (let h = 0; h < heads; h++) body(strips(x, h), strips(y, h));
}

/** Runs `body` with the address of the factors 1 / mass of T positions. */
function withShares(backend: CpuBackend, T: number, body: (shares: number) => void): void {
  backend.withScratch(T * 4, (shares) => {
    new Float32Array(backend.heap.buffer, shares, T).set(
      decayMass(T, DECAY_SCALE).map((mass) => 1 / mass),
    );
    body(shares);
  });
}

const NOTHING = { shape: [0], dtype: "float32" as const, dataId: {} };
const NO_ADDITIONS = { bias: NOTHING, lengths: NOTHING, state: NOTHING };

registerCpuForm("WsvadDualBranchAttention", (backend, { x }, { heads }) => {
  const [R, T, width] = x.shape, C = width / 4, d = C / heads;
  const sizes = { R, T, heads, d };
  const y = backend.output([R, T, 2 * C]), lse = backend.output([R * heads, T]);
  const [q, k, v, t] = [0, 1, 2, 3].map((chunk) => rowsOf(backend, x, d, chunk * C));
  const [content, distance] = [0, 1].map((branch) => rowsOf(backend, y, 2 * d, branch * d));
  const attended: Attended = { q, k, v, R, T, S: T, E: d, V: d };
  attend(backend, attended, NO_ADDITIONS, attributesOf(sizes), content, lse);
  withShares(backend, T, (shares) =>
    withDecay(backend, [R, T, d], DECAY_SCALE, (decay) => {
      eachHead(sizes, [t, distance], (from, to) => decay(from, to, shares, 0));
    }));
  return [y, lse];
});

registerCpuForm("WsvadDualBranchAttentionGrad", (backend, { x, dy, y, lse }, { heads }) => {
  const [R, T, width] = x.shape, C = width / 4, d = C / heads;
  const sizes = { R, T, heads, d };
  const dx = backend.output(x.shape);
  const [q, k, v] = [0, 1, 2].map((chunk) => rowsOf(backend, x, d, chunk * C));
  const [dq, dk, dv, dt] = [0, 1, 2, 3].map((chunk) => rowsOf(backend, dx, d, chunk * C));
  const [slope, distanceSlope] = [0, 1].map((branch) => rowsOf(backend, dy, 2 * d, branch * d));
  const attended: Attended = { q, k, v, R, T, S: T, E: d, V: d };
  const slopes = { dy: slope, y: rowsOf(backend, y, 2 * d), lse };
  attentionSlopes(backend, attended, NO_ADDITIONS, attributesOf(sizes), slopes, [dq, dk, dv]);
  withShares(backend, T, (shares) =>
    withDecay(backend, [R, T, d], DECAY_SCALE, (decay) => {
      eachHead(sizes, [distanceSlope, dt], (from, to) => decay(from, to, 0, shares));
    }));
  return dx;
});
