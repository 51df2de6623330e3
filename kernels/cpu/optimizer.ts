// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// optimizer: one update of one parameter in place, one walk over its memory
//   hyper: f32 values in the order of HYPER in src/ops/optimizer_step/op.ts
//   scale: f32 [1], multiplies every gradient first
//   The operations and their order are those of the composed form: the bits agree.

const LR: usize = 0;
const BETA1: usize = 4;
const ONE_MINUS_BETA1: usize = 8;
const BETA2: usize = 12;
const ONE_MINUS_BETA2: usize = 16;
const EPSILON: usize = 20;
const WEIGHT_DECAY: usize = 24;
const ROOT_CORRECTION2: usize = 28;
const MOMENTUM: usize = 32;

function splat(hyper: usize, offset: usize): v128 {
  return f32x4.splat(load<f32>(hyper + offset));
}

/** The first `lanes` lanes at an address; the others 0. Memory past them is not touched. */
function loadLanes(at: usize, lanes: i32): v128 {
  let value = f32x4.splat(0);
  if (lanes > 0) value = f32x4.replace_lane(value, 0, load<f32>(at));
  if (lanes > 1) value = f32x4.replace_lane(value, 1, load<f32>(at, 4));
  if (lanes > 2) value = f32x4.replace_lane(value, 2, load<f32>(at, 8));
  return value;
}

function storeLanes(at: usize, value: v128, lanes: i32): void {
  if (lanes > 0) store<f32>(at, f32x4.extract_lane(value, 0));
  if (lanes > 1) store<f32>(at, f32x4.extract_lane(value, 1), 4);
  if (lanes > 2) store<f32>(at, f32x4.extract_lane(value, 2), 8);
}

/** Adam; decoupled: AdamW, whose weightDecay in hyper is the factor 1 - lr x weight decay. */
export function adam(
  parameter: usize,
  gradient: usize,
  m: usize,
  v: usize,
  count: i32,
  hyper: usize,
  scale: usize,
  decoupled: i32,
): void {
  const factor = splat(scale, 0), lr = splat(hyper, LR), epsilon = splat(hyper, EPSILON);
  const beta1 = splat(hyper, BETA1), rest1 = splat(hyper, ONE_MINUS_BETA1);
  const beta2 = splat(hyper, BETA2), rest2 = splat(hyper, ONE_MINUS_BETA2);
  const decay = splat(hyper, WEIGHT_DECAY), root = splat(hyper, ROOT_CORRECTION2);
  for (let i = 0; i < count; i += 4) {
    const lanes = count - i;
    const whole = lanes >= 4;
    let p = whole ? v128.load(parameter) : loadLanes(parameter, lanes);
    let g = f32x4.mul(whole ? v128.load(gradient) : loadLanes(gradient, lanes), factor);
    const decayed = f32x4.mul(p, decay);
    if (decoupled) p = decayed;
    else g = f32x4.add(g, decayed);
    const oldM = whole ? v128.load(m) : loadLanes(m, lanes);
    const oldV = whole ? v128.load(v) : loadLanes(v, lanes);
    const newM = f32x4.add(f32x4.mul(oldM, beta1), f32x4.mul(g, rest1));
    const newV = f32x4.add(f32x4.mul(oldV, beta2), f32x4.mul(f32x4.mul(g, g), rest2));
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(newV), root), epsilon);
    p = f32x4.sub(p, f32x4.mul(lr, f32x4.div(newM, divisor)));
    if (whole) {
      v128.store(parameter, p);
      v128.store(m, newM);
      v128.store(v, newV);
    } else {
      storeLanes(parameter, p, lanes);
      storeLanes(m, newM, lanes);
      storeLanes(v, newV, lanes);
    }
    parameter += 16;
    gradient += 16;
    m += 16;
    v += 16;
  }
}

/**
 * The first walk of StableAdamW: m, v and the largest v so far in place, and ratio = gradient over
 * divisor, from whose mean square the caller finds the rate of the second walk.
 */
export function stableMoments(
  gradient: usize,
  m: usize,
  v: usize,
  largest: usize,
  ratio: usize,
  count: i32,
  hyper: usize,
  scale: usize,
): void {
  const factor = splat(scale, 0), epsilon = splat(hyper, EPSILON);
  const beta1 = splat(hyper, BETA1), rest1 = splat(hyper, ONE_MINUS_BETA1);
  const beta2 = splat(hyper, BETA2), rest2 = splat(hyper, ONE_MINUS_BETA2);
  const root = splat(hyper, ROOT_CORRECTION2);
  for (let i = 0; i < count; i += 4) {
    const lanes = count - i;
    const whole = lanes >= 4;
    const g = f32x4.mul(whole ? v128.load(gradient) : loadLanes(gradient, lanes), factor);
    const oldM = whole ? v128.load(m) : loadLanes(m, lanes);
    const oldV = whole ? v128.load(v) : loadLanes(v, lanes);
    const oldMost = whole ? v128.load(largest) : loadLanes(largest, lanes);
    const newM = f32x4.add(f32x4.mul(oldM, beta1), f32x4.mul(g, rest1));
    const newV = f32x4.add(f32x4.mul(oldV, beta2), f32x4.mul(f32x4.mul(g, g), rest2));
    const most = f32x4.max(oldMost, newV);
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(most), root), epsilon);
    const share = f32x4.div(g, divisor);
    if (whole) {
      v128.store(m, newM);
      v128.store(v, newV);
      v128.store(largest, most);
      v128.store(ratio, share);
    } else {
      storeLanes(m, newM, lanes);
      storeLanes(v, newV, lanes);
      storeLanes(largest, most, lanes);
      storeLanes(ratio, share, lanes);
    }
    gradient += 16;
    m += 16;
    v += 16;
    largest += 16;
    ratio += 16;
  }
}

/** The second walk of StableAdamW: the parameter in place, by a rate that is one for all of it. */
export function stableUpdate(
  parameter: usize,
  m: usize,
  largest: usize,
  count: i32,
  hyper: usize,
  rate: f32,
): void {
  const by = f32x4.splat(rate), epsilon = splat(hyper, EPSILON);
  const decay = splat(hyper, WEIGHT_DECAY), root = splat(hyper, ROOT_CORRECTION2);
  for (let i = 0; i < count; i += 4) {
    const lanes = count - i;
    const whole = lanes >= 4;
    const p = whole ? v128.load(parameter) : loadLanes(parameter, lanes);
    const moment = whole ? v128.load(m) : loadLanes(m, lanes);
    const most = whole ? v128.load(largest) : loadLanes(largest, lanes);
    const divisor = f32x4.add(f32x4.div(f32x4.sqrt(most), root), epsilon);
    const moved = f32x4.sub(f32x4.mul(p, decay), f32x4.mul(by, f32x4.div(moment, divisor)));
    if (whole) v128.store(parameter, moved);
    else storeLanes(parameter, moved, lanes);
    parameter += 16;
    m += 16;
    largest += 16;
  }
}

export function adagrad(
  parameter: usize,
  gradient: usize,
  accumulator: usize,
  count: i32,
  hyper: usize,
  scale: usize,
): void {
  const factor = splat(scale, 0), lr = splat(hyper, LR), epsilon = splat(hyper, EPSILON);
  const decay = splat(hyper, WEIGHT_DECAY);
  for (let i = 0; i < count; i += 4) {
    const lanes = count - i;
    const whole = lanes >= 4;
    let p = whole ? v128.load(parameter) : loadLanes(parameter, lanes);
    const raw = whole ? v128.load(gradient) : loadLanes(gradient, lanes);
    const old = whole ? v128.load(accumulator) : loadLanes(accumulator, lanes);
    const g = f32x4.add(f32x4.mul(raw, factor), f32x4.mul(p, decay));
    const sum = f32x4.add(old, f32x4.mul(g, g));
    const divisor = f32x4.add(f32x4.sqrt(sum), epsilon);
    p = f32x4.sub(p, f32x4.mul(lr, f32x4.div(g, divisor)));
    if (whole) {
      v128.store(parameter, p);
      v128.store(accumulator, sum);
    } else {
      storeLanes(parameter, p, lanes);
      storeLanes(accumulator, sum, lanes);
    }
    parameter += 16;
    gradient += 16;
    accumulator += 16;
  }
}

/** SGD with momentum, PyTorch's rule. */
export function sgd(
  parameter: usize,
  gradient: usize,
  velocity: usize,
  count: i32,
  hyper: usize,
  scale: usize,
): void {
  const factor = splat(scale, 0), lr = splat(hyper, LR), momentum = splat(hyper, MOMENTUM);
  const decay = splat(hyper, WEIGHT_DECAY);
  for (let i = 0; i < count; i += 4) {
    const lanes = count - i;
    const whole = lanes >= 4;
    let p = whole ? v128.load(parameter) : loadLanes(parameter, lanes);
    const raw = whole ? v128.load(gradient) : loadLanes(gradient, lanes);
    const old = whole ? v128.load(velocity) : loadLanes(velocity, lanes);
    const g = f32x4.add(f32x4.mul(raw, factor), f32x4.mul(p, decay));
    const speed = f32x4.add(f32x4.mul(old, momentum), g);
    p = f32x4.sub(p, f32x4.mul(lr, speed));
    if (whole) {
      v128.store(parameter, p);
      v128.store(velocity, speed);
    } else {
      storeLanes(parameter, p, lanes);
      storeLanes(velocity, speed, lanes);
    }
    parameter += 16;
    gradient += 16;
    velocity += 16;
  }
}
