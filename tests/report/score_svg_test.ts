import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { segmentBounds } from "../../src/frames/frame_bounds.ts";
import { scoreSvg } from "../../src/report/score_svg.ts";
import { scored } from "./sample_scores.ts";

function wave(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => 0.5 + 0.4 * Math.sin(i / 3));
}

/** Every number of every attribute that holds numbers. */
function numbersOf(svg: string): number[] {
  const attributes = svg.matchAll(/ (?:x|y|d|width|height|viewBox)="([^"]*)"/g);
  return [...attributes].flatMap(([, text]) => text.match(/[^\sMHVv]+/g)!.map(Number));
}

Deno.test("scoreSvg() marks and names the top segments with their time codes", () => {
  const scores = new Float32Array(60);
  scores.fill(0.9, 20, 24);
  const svg = scoreSvg(scored(scores));
  assertStringIncludes(svg, ">0:00:10.667 \u2013 0:00:12.800</text>");
  assertStringIncludes(svg, ">peak 0.9000 at 0:00:10.667</text>");
});

Deno.test("scoreSvg() shades the ground truth, a short event too", () => {
  const shaded = (svg: string) => svg.match(/<rect[^>]*fill-opacity/g)?.length ?? 0;
  const video = scored(wave(6750));
  assertEquals(shaded(scoreSvg(video)), 0);
  const svg = scoreSvg({
    ...video,
    groundTruth: [{ start: 900, end: 901 }, { start: 5000, end: 90000 }],
  });
  assertEquals(shaded(svg), 2);
  assertStringIncludes(svg, ` width="1" `);
});

Deno.test("scoreSvg() draws the threshold only inside the plot", () => {
  assertStringIncludes(scoreSvg(scored(wave(9))), "stroke-dasharray");
  assertEquals(scoreSvg(scored(wave(9), { threshold: 1.5 })).includes("stroke-dasharray"), false);
});

Deno.test("scoreSvg() has only finite numbers for every length and kind of scores", () => {
  for (const scores of [wave(1), wave(2), wave(32), wave(6750), new Float32Array(5)]) {
    for (const unbounded of [false, true]) {
      const numbers = numbersOf(scoreSvg(scored(scores, { unbounded })));
      assert(numbers.length > 10 && numbers.every(Number.isFinite));
    }
  }
  const segments = scored(wave(32), { bounds: segmentBounds(40 * 16 + 5, 32), frames: 645 });
  assert(numbersOf(scoreSvg(segments)).every(Number.isFinite));
});

Deno.test("scoreSvg() keeps unbounded scores inside the plot", () => {
  const scores = Float32Array.of(-3, 250, 12);
  const svg = scoreSvg(scored(scores, { unbounded: true }));
  const path = svg.match(/<path d="([^"]*)"[^>]*stroke-linejoin/)![1];
  const heights = [...path.matchAll(/V([-\d.]+)/g)].map(([, y]) => Number(y));
  assertEquals(heights.length, 2);
  assert(heights.every((y) => y >= 78 && y <= 298), `heights ${heights}`);
});

Deno.test("scoreSvg() draws frames without a score as a gap", () => {
  const bounds = { start: Int32Array.of(0, 32), end: Int32Array.of(16, 48) };
  const svg = scoreSvg(scored(Float32Array.of(0, 1), { bounds, frames: 48 }));
  const path = svg.match(/<path d="([^"]*)"[^>]*stroke-linejoin/)![1];
  assertEquals(path.match(/M/g)?.length, 2);
});

Deno.test("scoreSvg() puts numbers of near segments on lanes of their own", () => {
  const scores = new Float32Array(2000);
  scores[1000] = scores[1002] = scores[1004] = 1;
  const svg = scoreSvg(scored(scores));
  const tags = [
    ...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle" font-weight/g),
  ];
  assertEquals(tags.length, 3);
  assertEquals(new Set(tags.map(([, , y]) => y)).size, 3);
});

Deno.test("scoreSvg() escapes names and refers to nothing outside", () => {
  const svg = scoreSvg(scored(wave(3), { id: `</svg><script>"a"&'b'\u0007` }));
  assertEquals(svg.match(/<script|<\/svg>(?!\n$)/), null);
  assertEquals(svg.includes("\u0007"), false);
  assertEquals(svg.replace("http://www.w3.org/2000/svg", "").match(/https?:|href|url\(/), null);
});
