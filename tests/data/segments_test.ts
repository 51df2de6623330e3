import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  appendMagnitude,
  normalizeSnippets,
  padSegments,
  poolEdges,
  poolSegments,
  randomRows,
  sampleRows,
} from "../../src/data/segments.ts";
import { Random } from "../../src/random.ts";
import type { VideoFeatures } from "../../src/data/video.ts";
import golden from "../golden/segments/cases.json" with { type: "json" };

/** One crop from rows. */
function features(rows: number[][], crops = 1): VideoFeatures {
  const snippets = rows.length / crops;
  const values = Float32Array.from(rows.flat());
  return { crops, snippets, dim: rows[0].length, values, length: snippets };
}

/** One crop, one channel: row t holds t. */
function ramp(snippets: number): VideoFeatures {
  return features(Array.from({ length: snippets }, (_, t) => [t]));
}

Deno.test("poolEdges() gives numpy's edges for every golden pair", () => {
  for (const { n, L, edges } of golden.edges) {
    assertEquals([...poolEdges(n, L)], edges, `T = ${n}, L = ${L}`);
  }
});

Deno.test("poolEdges() differs from exact integer division as often as numpy does", () => {
  for (const [L, expected] of Object.entries(golden.linspace_float_vs_integer_division)) {
    const segments = Number(L);
    const first: [number, number[]][] = [];
    let count = 0;
    for (let T = 1; T <= 8000; T++) {
      const edges = poolEdges(T, segments);
      const different: number[] = [];
      for (let i = 0; i < segments; i++) {
        if (edges[i] !== Math.floor(i * T / segments)) different.push(i);
      }
      if (different.length === 0) continue;
      count++;
      // The golden file lists at most five edges of each.
      if (first.length < expected.first.length) first.push([T, different.slice(0, 5)]);
    }
    assertEquals(count, expected.count_n_1_to_8000, `L = ${L}`);
    assertEquals(first, expected.first as [number, number[]][], `L = ${L}`);
  }
});

Deno.test("poolEdges() refuses zero segments", () => {
  assertThrows(() => poolEdges(5, 0), RangeError, "number of segments must be a positive integer");
});

Deno.test("sampleRows() gives numpy's rows for every golden pair", () => {
  for (const { n, L, indices } of golden.sample_indices_linspace_0_to_n_minus_1) {
    assertEquals([...sampleRows(n, L)], indices, `T = ${n}, L = ${L}`);
  }
});

Deno.test("sampleRows() of one segment takes the first row", () => {
  assertEquals([...sampleRows(9, 1)], [0]);
});

Deno.test("poolSegments() by mean is numpy's float32 mean bit for bit", () => {
  const { input_47x3, out_32, input_5x3, out_5_to_32 } = golden.pool_case;
  assertEquals(
    poolSegments(features(input_47x3), 32, "mean").values,
    Float32Array.from(out_32.flat()),
  );
  assertEquals(
    poolSegments(features(input_5x3), 32, "mean").values,
    Float32Array.from(out_5_to_32.flat()),
  );
});

Deno.test("poolSegments() pools every crop on its own", () => {
  const pooled = poolSegments(features([[1], [3], [5], [7], [10], [30], [50], [70]], 2), 2, "mean");
  assertEquals([...pooled.values], [2, 6, 20, 60]);
  assertEquals([pooled.crops, pooled.snippets, pooled.length], [2, 2, 2]);
});

Deno.test("poolSegments() leaves padding out", () => {
  const padded = { ...features([[2], [4], [0], [0]]), length: 2 };
  assertEquals([...poolSegments(padded, 1, "mean").values], [3]);
  assertEquals([...poolSegments(padded, 2, "sample").values], [2, 4]);
  assertEquals([...poolSegments(padded, 2, "interpolate").values], [2, 4]);
});

Deno.test("poolSegments() by sample picks whole rows", () => {
  const rows = golden.sample_indices_linspace_0_to_n_minus_1[0];
  assertEquals([...poolSegments(ramp(rows.n), rows.L, "sample").values], rows.indices);
});

Deno.test("poolSegments() by interpolate uses half-pixel centres clamped to the ends", () => {
  assertEquals([...poolSegments(ramp(4), 2, "interpolate").values], [0.5, 2.5]);
  assertEquals([...poolSegments(ramp(2), 4, "interpolate").values], [0, 0.25, 0.75, 1]);
  assertEquals([...poolSegments(ramp(32), 32, "interpolate").values], [...ramp(32).values]);
});

Deno.test("poolSegments() refuses a video without snippets", () => {
  const empty = { crops: 1, snippets: 0, dim: 3, values: new Float32Array(0), length: 0 };
  assertThrows(() => poolSegments(empty, 32, "mean"), RangeError, "number of snippets");
});

Deno.test("padSegments() pads a short video with zeros and keeps its length", () => {
  const padded = padSegments(features([[1], [2], [3], [4]], 2), 3, "mean");
  assertEquals([...padded.values], [1, 2, 0, 3, 4, 0]);
  assertEquals([padded.snippets, padded.length], [3, 2]);
});

Deno.test("padSegments() reduces a long video", () => {
  const reduced = padSegments(ramp(6), 3, "mean");
  assertEquals([...reduced.values], [0.5, 2.5, 4.5]);
  assertEquals(reduced.length, 3);
});

Deno.test("normalizeSnippets() gives rows unit norm and leaves zero rows", () => {
  const scaled = normalizeSnippets(features([[3, 4], [0, 0], [0, -2]]));
  assertEquals([...scaled.values], [...Float32Array.of(0.6, 0.8, 0, 0, 0, -1)]);
});

Deno.test("appendMagnitude() appends the L2 norm of every row", () => {
  const wide = appendMagnitude(features([[3, 4], [0, 0], [1, 1]]));
  assertEquals(wide.dim, 3);
  assertEquals([...wide.values.subarray(0, 6)], [3, 4, 5, 0, 0, 0]);
  assertAlmostEquals(wide.values[8], Math.SQRT2, 1e-7); // rounded to float32
});

Deno.test("randomRows() takes a row of each cell of an anomalous video, both ends included", () => {
  const seen = Array.from({ length: 4 }, () => new Set<number>());
  for (let pass = 0; pass < 200; pass++) {
    const rows = randomRows(true, new Random(1, "a", pass))(10, 4); // edges 0, 2.5, 5, 7.5
    rows.forEach((row, i) => seen[i].add(row));
    assertEquals([...rows], [...rows].sort((a, b) => a - b));
  }
  const sorted = seen.map((rows) => [...rows].sort((a, b) => a - b));
  assertEquals(sorted, [[0, 1, 2], [2, 3, 4, 5], [5, 6, 7], [7]]);
  const few = randomRows(true, new Random(1, "a"))(5, 4); // edges 0, 1.25, 2.5, 3.75
  assertEquals(few.length, 4);
  assertEquals([...randomRows(true, new Random(1, "a"))(4, 4)], [0, 1, 2, 3]);
});

Deno.test("randomRows() takes neighbours of a normal video, from any start but the last", () => {
  const starts = new Set<number>();
  for (let pass = 0; pass < 200; pass++) {
    const rows = randomRows(false, new Random(1, "n", pass))(7, 4);
    assertEquals([...rows], [0, 1, 2, 3].map((i) => rows[0] + i));
    starts.add(rows[0]);
  }
  assertEquals([...starts].sort(), [0, 1, 2]);
});

Deno.test("padSegments() and poolSegments() take the rows given, where the video is longer", () => {
  const rows = () => Int32Array.of(0, 3, 3);
  assertEquals([...padSegments(ramp(5), 3, "random", rows).values], [0, 3, 3]);
  assertEquals([...padSegments(ramp(2), 3, "random", rows).values], [0, 1, 0]);
  assertEquals([...poolSegments(ramp(5), 3, "random", rows).values], [0, 3, 3]);
  assertEquals([...poolSegments(ramp(5), 3, "random").values], [0, 2, 4]);
});
