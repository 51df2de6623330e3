// @ts-nocheck AssemblyScript, not TypeScript: compiled by `deno task build:simd`
// windows: places of a volume [N, T, H, W, C] that outputs see, gathered to rows, or pooled
//   kernel k, stride s, places p before the first at which windows begin, o windows along each axis

// Where the output at hand stands in [N, ot, oh, ow]; each thread has an instance of its own.
let n = 0, t = 0, h = 0, w = 0;

function goTo(output: i32, ot: i32, oh: i32, ow: i32): void {
  w = output % ow;
  output /= ow;
  h = output % oh;
  output /= oh;
  t = output % ot;
  n = output / ot;
}

/** Copies or, from 0, clears `bytes`, a multiple of 4. */
function put(to: usize, from: usize, bytes: usize): void {
  let at: usize = 0;
  if (from === 0) {
    for (; at + 16 <= bytes; at += 16) v128.store(to + at, i32x4.splat(0));
    for (; at < bytes; at += 4) store<u32>(to + at, 0);
    return;
  }
  for (; at + 16 <= bytes; at += 16) v128.store(to + at, v128.load(from + at));
  for (; at < bytes; at += 4) store<u32>(to + at, load<u32>(from + at));
}

/**
 * rows [count, kt kh kw C] = what outputs first .. first + count - 1 of [N, ot, oh, ow] see of x, 0
 * where that lies outside.
 */
export function gatherWindows(
  x: usize,
  T: i32,
  H: i32,
  W: i32,
  C: i32,
  kt: i32,
  kh: i32,
  kw: i32,
  st: i32,
  sh: i32,
  sw: i32,
  pt: i32,
  ph: i32,
  pw: i32,
  ot: i32,
  oh: i32,
  ow: i32,
  first: i32,
  count: i32,
  rows: usize,
): void {
  const place = (<usize> C) << 2, line = (<usize> kw) * place;
  const row = (<usize> W) * place;
  for (let i = 0; i < count; i++) {
    goTo(first + i, ot, oh, ow);
    const w0 = w * sw - pw;
    const from = min(max(0, -w0), kw), to = max(from, min(kw, W - w0));
    const before = (<usize> from) * place, within = (<usize> (to - from)) * place;
    const after = line - before - within;
    for (let a = 0; a < kt; a++) {
      const at = t * st - pt + a;
      for (let b = 0; b < kh; b++) {
        const up = h * sh - ph + b;
        if (at < 0 || at >= T || up < 0 || up >= H) {
          put(rows, 0, line);
        } else {
          const start = x + (<usize> ((n * T + at) * H + up)) * row + (<usize> (w0 + from)) * place;
          if (before) put(rows, 0, before);
          if (within) put(rows + before, start, within);
          if (after) put(rows + before + within, 0, after);
        }
        rows += line;
      }
    }
  }
}

/**
 * y [count, C] = the largest of what outputs first .. first + count - 1 see of x, or with `mean`
 * the mean; places outside count as nothing.
 */
export function poolWindows(
  x: usize,
  T: i32,
  H: i32,
  W: i32,
  C: i32,
  kt: i32,
  kh: i32,
  kw: i32,
  st: i32,
  sh: i32,
  sw: i32,
  pt: i32,
  ph: i32,
  pw: i32,
  ot: i32,
  oh: i32,
  ow: i32,
  first: i32,
  count: i32,
  mean: i32,
  y: usize,
): void {
  const place = (<usize> C) << 2;
  for (let i = 0; i < count; i++) {
    goTo(first + i, ot, oh, ow);
    let seen = 0;
    for (let a = 0; a < kt; a++) {
      const at = t * st - pt + a;
      if (at < 0 || at >= T) continue;
      for (let b = 0; b < kh; b++) {
        const up = h * sh - ph + b;
        if (up < 0 || up >= H) continue;
        for (let c = 0; c < kw; c++) {
          const along = w * sw - pw + c;
          if (along < 0 || along >= W) continue;
          const from = x + (<usize> (((n * T + at) * H + up) * W + along)) * place;
          if (seen++ === 0) put(y, from, place);
          else if (mean) add(y, from, place);
          else larger(y, from, place);
        }
      }
    }
    if (seen === 0) fill(y, mean ? NaN : -Infinity, place);
    else if (mean) divide(y, <f32> seen, place);
    y += place;
  }
}

function add(y: usize, x: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(y + at, f32x4.add(v128.load(y + at), v128.load(x + at)));
  }
  for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(y + at) + load<f32>(x + at));
}

function larger(y: usize, x: usize, bytes: usize): void {
  let at: usize = 0;
  for (; at + 16 <= bytes; at += 16) {
    v128.store(y + at, f32x4.max(v128.load(y + at), v128.load(x + at)));
  }
  for (; at < bytes; at += 4) store<f32>(y + at, max(load<f32>(y + at), load<f32>(x + at)));
}

function divide(y: usize, by: f32, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 4) store<f32>(y + at, load<f32>(y + at) / by);
}

function fill(y: usize, value: f32, bytes: usize): void {
  for (let at: usize = 0; at < bytes; at += 4) store<f32>(y + at, value);
}
