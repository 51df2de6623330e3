/**
 * Our passes on all threads: each is split into chunks of its rows or elements, at places that its
 * sizes alone decide where that shows in a sum. The others run as they are.
 */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import { MOST_CHUNKS, type ThreadPool } from "./thread_pool.ts";

/** Elements of a cheap pass below which threads gain nothing, and those of its smallest chunk. */
const WORTH_IT = 1 << 18, SMALLEST = 1 << 16;

/** Columns of the narrowest strip: narrower ones take twice the time of whole rows. */
const STRIP = 256;

/** Chunks for each thread: so many that one thread that is held up does not hold up all. */
const CHUNKS_EACH = 4;

/**
 * Elements of a partial sum of squares; rows of a partial sum are a multiple of 64, and at most 16
 * parts of them.
 */
const SQUARES = 1 << 16, PART_ROWS = 64, MOST_PARTS = 16;

type Values = readonly number[];

/**
 * How a pass splits without a trace: what is counted and how much its addresses move for one more
 * of it.
 */
interface Split {
  /** Index of the argument that counts. */
  counted: number;
  /** By index of the argument: bytes, or what it counts itself. */
  moving(values: Values): [index: number, step: number][];
  /** Elements of what is counted, each as much work as an addition. */
  width(values: Values): number;
  /** Chunks are multiples of so many. */
  multiple?: number;
  /** Index of scratch memory that each thread has for itself. */
  own?: number;
}

/** Every element for itself; `cost` of one in additions. */
function elements(counted: number, addresses: number[], cost = 1): Split {
  return {
    counted,
    moving: () => addresses.map((index) => [index, 4]),
    width: () => cost,
    multiple: 32,
  };
}

/** Every row for itself: `wide` are addresses of rows, `single` of one number a row. */
function rows(
  counted: number,
  columns: number,
  wide: number[],
  { single = [] as number[], cost = 1 } = {},
): Split {
  return {
    counted,
    moving: (values) => [
      ...wide.map((index): [number, number] => [index, 4 * values[columns]]),
      ...single.map((index): [number, number] => [index, 4]),
    ],
    width: (values) => cost * values[columns],
  };
}

/** Strips of columns: the sums of each lie one behind the other, as does its scratch memory. */
function strips(counted: number, addresses: number[], rowCount: number, scratch: number): Split {
  return {
    counted,
    moving: () => [
      ...addresses.map((index): [number, number] => [index, 4]),
      [scratch, 24],
    ],
    width: (values) => values[rowCount],
    multiple: STRIP,
  };
}

/** Random numbers into [count], from number `first` on. */
function drawn(cost: number): Split {
  const moving = (): [number, number][] => [[0, 4], [1, 1]];
  return { counted: 2, moving, width: () => cost, multiple: 32, own: 7 };
}

const POWER = 8; // an exponential, or a random number, in additions

const SPLITS: Partial<Record<keyof Passes, Split>> = {
  biasActivation: rows(2, 3, [0], { cost: 2 }),
  activateInPlace: elements(1, [0], 2),
  activationGradient: elements(3, [0, 1, 2]),
  quickGelu: elements(2, [0, 1], POWER),
  quickGeluGradient: elements(3, [0, 1, 2], POWER),
  gelu: elements(2, [0, 1], POWER),
  geluGradient: elements(3, [0, 1, 2], POWER),
  accumulate: elements(2, [0, 1]),
  scaleShift: rows(3, 4, [0, 5]),
  normalise: rows(4, 5, [0, 6]),
  normaliseGradient: rows(6, 7, [0, 1, 8]),
  layerNorm: rows(3, 4, [0, 6], { cost: 3 }),
  channelNorm: rows(3, 4, [0, 6], { cost: 3 }),
  rowSums: rows(1, 2, [0], { single: [4] }),
  rowNorms: rows(1, 2, [0], { single: [3] }),
  rowNormsGradient: rows(3, 4, [0, 5], { single: [1, 2] }),
  adam: elements(4, [0, 1, 2, 3], 6),
  stableMoments: elements(5, [0, 1, 2, 3, 4], 6),
  stableUpdate: elements(3, [0, 1, 2], 4),
  adagrad: elements(3, [0, 1, 2], 6),
  sgd: elements(3, [0, 1, 2], 2),
  topKMask: rows(1, 2, [0, 4], { cost: POWER }),
  subtractScaledRows: rows(2, 3, [0, 4], { single: [1] }),
  uniform: drawn(POWER),
  normal: drawn(2 * POWER),
  dropout: {
    counted: 3,
    moving: () => [[0, 4], [1, 4], [2, 1]],
    width: () => POWER,
    multiple: 32,
    own: 10,
  },
  biasActivationDropout: {
    counted: 3,
    moving: (values) => [[0, 4 * values[4]], [2, 1]],
    width: (values) => POWER * values[4],
    multiple: 32,
    own: 12,
  },
  middleMean: {
    counted: 1,
    moving: (values) => [[0, 4 * values[2] * values[3]], [4, 4 * values[3]]],
    width: (values) => values[2] * values[3],
  },
  middleMeanGradient: {
    counted: 1,
    moving: (values) => [[0, 4 * values[3]], [4, 4 * values[2] * values[3]]],
    width: (values) => values[2] * values[3],
  },
  perturb: {
    counted: 3,
    moving: (values) => [
      [0, 4 * values[5]],
      ...[1, 6].map((index): [number, number] => [index, 4 * values[4] * values[5]]),
    ],
    width: (values) => values[4] * values[5],
  },
  sharedConv: {
    counted: 3,
    moving: (values) => [0, 7].map((index) => [index, 4 * values[4] * values[5]]),
    width: (values) => values[4] * values[5] * values[6],
  },
  attentionWeights: {
    counted: 1,
    moving: (values) => [
      [0, 4 * values[2]],
      [3, 1],
      [9, values[9] === 0 ? 0 : values[10]],
      [11, 8],
    ],
    width: (values) => POWER * values[2],
  },
  attentionSlopes: {
    counted: 2,
    moving: (values) => [
      ...[0, 1].map((index): [number, number] => [index, 4 * values[3]]),
      [4, 1],
      [10, values[10] === 0 ? 0 : values[11]],
      [12, 4],
      [13, values[15]],
      [14, values[15]],
    ],
    width: (values) => POWER * values[3],
  },
  splitTaps: {
    counted: 2,
    moving: (values) => [[0, 4 * values[3]], [1, 4]],
    width: (values) => values[3],
    multiple: 4,
  },
  joinTaps: {
    counted: 2,
    moving: (values) => [[0, 4], [1, 4 * values[3]]],
    width: (values) => values[3],
    multiple: 4,
  },
  spanWeights: {
    counted: 1,
    moving: (values) => [[0, 4 * values[2]], [3, 1], [4, values[5]]],
    width: (values) => POWER * values[2],
  },
  spanGradient: {
    counted: 2,
    moving: (values) => [
      ...[0, 1].map((index): [number, number] => [index, 4 * values[3]]),
      [4, 1],
      ...[5, 6].map((index): [number, number] => [index, values[7]]),
    ],
    width: (values) => POWER * values[3],
  },
  perturbedGradient: {
    counted: 4,
    moving: (values) => [
      ...[0, 7].map((index): [number, number] => [index, 4 * values[6]]),
      ...[1, 2].map((index): [number, number] => [index, 4 * values[5] * values[6]]),
    ],
    width: (values) => 2 * values[5] * values[6],
  },
  clearBlocks: {
    counted: 2,
    moving: (values) => [[0, values[1]]],
    width: (values) => values[3] / 4,
  },
  gatherBlocks: {
    counted: 2,
    moving: (values) => [[0, values[1]], [4, values[3]]],
    width: (values) => values[3] / 4,
  },
  scatterBlocks: {
    counted: 3,
    moving: (values) => [[0, values[4]], [1, values[2]]],
    width: (values) => values[4] / 4,
  },
  gatherWindows: {
    counted: 18,
    moving: (values) => [[17, 1], [19, 4 * values[4] * values[5] * values[6] * values[7]]],
    width: (values) => values[4] * values[5] * values[6] * values[7],
  },
  poolWindows: {
    counted: 18,
    moving: (values) => [[17, 1], [20, 4 * values[4]]],
    width: (values) => values[4] * values[5] * values[6] * values[7],
  },
  stripSum: strips(3, [0, 5], 2, 6),
  stripVariance: strips(4, [0, 2, 5], 3, 6),
  stripProducts: strips(5, [0, 1, 3, 6, 7], 4, 8),
};

/** `binary` by rows, or by elements where there is one row. */
function binarySplit(values: Values): Split {
  const [, spread, , , rowCount] = values;
  if (rowCount === 1) return elements(5, spread === 2 ? [2, 6] : [2, 3, 6]);
  return rows(4, 5, [2, 6], { single: spread === 2 ? [3] : [] });
}

/** `distanceDecay` by strips, or by columns where there is one strip. */
function decaySplit(values: Values): Split {
  const [, xStrip, , , yStrip, , strips, T, columns] = values;
  if (strips === 1) {
    const moving = () => [0, 3, 12].map((index): [number, number] => [index, 4]);
    return { counted: 8, moving, width: () => 2 * T, multiple: STRIP };
  }
  const moving = (): [number, number][] => [[0, xStrip], [3, yStrip], [12, 4 * columns]];
  return { counted: 6, moving, width: () => 2 * T * columns };
}

/** `turn` by what lies before both axes, or by the first of them where that is less. */
function turnSplit(values: Values): Split {
  const [, outer, A, B, inner, step] = values;
  if (outer >= A) {
    const moving = (): [number, number][] => [[0, 4 * A * B * inner], [6, B * step]];
    return { counted: 1, moving, width: () => A * B * inner };
  }
  const moving = (): [number, number][] => [[0, 4 * B * inner], [6, 4 * inner]];
  return { counted: 2, moving, width: () => B * inner, multiple: 4 };
}

/** Passes that {@link threadedPasses} puts together in another way than {@link SPLITS}. */
const OTHERWISE: (keyof Passes)[] = [
  ...[
    "binary",
    "distanceDecay",
    "turn",
    "columnSum",
    "columnVariance",
    "columnProducts",
    "sumSquares",
  ] as const,
  ...["layerNormGradient", "channelNormGradient"] as const,
];

/** Whether threads share a pass where it is large enough. */
export function isThreaded(pass: keyof Passes): boolean {
  return pass in SPLITS || OTHERWISE.includes(pass);
}

/** Threads, and scratch memory for sums in parts: the cpu backend. */
export interface PassHeap {
  readonly pool: ThreadPool;
  readonly heap: WebAssembly.Memory;
  withScratch<T>(bytes: number, body: (address: number) => T): T;
}

/**
 * The same passes, on the backend's threads where they are worth it. Bits depend on sizes alone.
 */
export function threadedPasses(passes: Passes, backend: PassHeap): Passes {
  const all: Record<string, (...values: number[]) => unknown> = {};
  for (const [name, pass] of Object.entries(passes)) {
    if (typeof pass === "function") all[name] = pass;
  }
  const spread = (pass: keyof Passes, values: number[], split: Split): void => {
    const { counted, moving, width, multiple = 1, own } = split;
    const total = values[counted], work = total * width(values);
    const { pool } = backend;
    if (pool.threads === 1 || work < WORTH_IT) return void all[pass](...values);
    const chunks = Math.min(MOST_CHUNKS, pool.threads * CHUNKS_EACH, Math.floor(work / SMALLEST));
    const per = Math.ceil(total / chunks / multiple) * multiple;
    const steps = moving(values).map(([index, step]): [number, number] => [index, step * per]);
    pool.run({ pass, values, counted, per, total, moving: steps, own });
  };
  const threaded: Record<string, (...values: number[]) => unknown> = { ...all };
  for (const [name, split] of Object.entries(SPLITS)) {
    threaded[name] = (...values) => spread(name as keyof Passes, values, split);
  }
  threaded.binary = (...values) => spread("binary", values, binarySplit(values));
  threaded.distanceDecay = (...values) => spread("distanceDecay", values, decaySplit(values));
  threaded.turn = (x, outer, A, B, inner, step, y) => {
    const turnOne = (o: number, many: number) => {
      const values = [x + o * 4 * A * B * inner, many, A, B, inner, step, y + o * B * step];
      spread("turn", values, turnSplit(values));
    };
    if (outer >= A) turnOne(0, outer);
    else for (let o = 0; o < outer; o++) turnOne(o, 1);
  };
  const inStrips =
    (pass: "stripSum" | "stripVariance" | "stripProducts", at: number) => (...values: number[]) => {
      const columns = values[SPLITS[pass]!.counted - 1];
      spread(pass, values.toSpliced(at, 0, 4 * columns), SPLITS[pass]!);
    };
  threaded.columnSum = inStrips("stripSum", 1);
  threaded.columnVariance = inStrips("stripVariance", 1);
  threaded.columnProducts = inStrips("stripProducts", 2);
  threaded.sumSquares = (x, count) => {
    const parts = Math.ceil(count / SQUARES);
    if (parts <= 1 || parts > MOST_CHUNKS) return all.sumSquares(x, count);
    return backend.withScratch(8 * parts, (out) => {
      const moving: [number, number][] = [[0, 4 * SQUARES], [2, 8]];
      const job = { counted: 1, per: SQUARES, total: count, moving };
      backend.pool.run({ pass: "storeSumSquares", values: [x, count, out], ...job });
      return new Float64Array(backend.heap.buffer, out, parts).reduce((sum, part) => sum + part, 0);
    });
  };
  /** dx by rows, and the two sums over the rows in parts. */
  const inParts = (
    [whole, part]: [keyof Passes, "layerNormGradientPart" | "channelNormGradientPart"],
    dxAt: number,
  ) =>
  (...values: number[]) => {
    const rowCount = values[3], columns = values[4];
    const per = Math.ceil(rowCount / MOST_PARTS / PART_ROWS) * PART_ROWS;
    const parts = Math.ceil(rowCount / per), bytes = 24 * columns;
    if (parts <= 1) return all[whole](...values);
    const [dgamma, dbeta] = values.slice(dxAt + 1);
    backend.withScratch(parts * bytes, (sums) => {
      const row = 4 * columns * per;
      backend.pool.run({
        ...{ pass: part, values: [...values.slice(0, dxAt + 1), sums], counted: 3, per },
        ...{ total: rowCount, moving: [[0, row], [1, row], [dxAt, row], [dxAt + 1, bytes]] },
      });
      all.sumParts(sums, parts, bytes, columns, dgamma);
      all.sumParts(sums + 8 * columns, parts, bytes, columns, dbeta);
    });
  };
  threaded.layerNormGradient = inParts(["layerNormGradient", "layerNormGradientPart"], 6);
  threaded.channelNormGradient = inParts(["channelNormGradient", "channelNormGradientPart"], 7);
  return threaded as unknown as Passes;
}
