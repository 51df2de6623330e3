import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { toleranceOf } from "../../src/verify/case_tolerance.ts";
import type { GoldenCase } from "../../src/verify/golden_case.ts";
import { compare, type Numbers, type Tolerance } from "../../src/verify/compare.ts";

function numbers(data: number[], integer = false): Numbers {
  return { shape: [data.length], data, integer };
}

const tolerance: Tolerance = {
  kind: "train",
  noise: {},
  perturbed: {},
  zeroGradients: ["zero.bias"],
  largestGradient: 10,
  gradients: new Map([["w", { elements: 100, norm: 2 }], ["zero.bias", { elements: 4, norm: 0 }]]),
  rounding: new Map(),
};

function limitOf(name: string, data: number[], kind: Tolerance["kind"] = "train"): number {
  return compare(name, numbers(data), numbers(data), { ...tolerance, kind }).limit;
}

Deno.test("compare() bounds each kind of tensor as verify promises", () => {
  assertAlmostEquals(limitOf("scores", [0.5]), 1e-5, 1e-12);
  assertAlmostEquals(limitOf("scores", [30]), 3e-4, 1e-12);
  assertAlmostEquals(limitOf("probe_scores", [0.1]), 1e-5, 1e-12);
  assertAlmostEquals(limitOf("hidden_2", [-4, 1]), 4e-4, 1e-12);
  assertAlmostEquals(limitOf("after/bn.running_mean", [2]), 2e-4, 1e-12);
  assertAlmostEquals(limitOf("loss_cls", [3]), 3e-5, 1e-12);
  assertAlmostEquals(limitOf("loss", [3], "steps"), 3e-4, 1e-12);
  assertAlmostEquals(limitOf("grad_norm/w", [2]), 2e-3, 1e-12);
  assertAlmostEquals(limitOf("grad_head/w", [0.3]), 1e-3 * 2 / 10, 1e-12);
});

Deno.test("compare() wants integers exactly", () => {
  assert(compare("topk", numbers([1, 2], true), numbers([1, 2]), tolerance).ok);
  assert(!compare("topk", numbers([1, 2], true), numbers([1, 3]), tolerance).ok);
});

Deno.test("compare() bounds the losses of a steps case one by one", () => {
  const steps = { ...tolerance, kind: "steps" as const };
  const expected = numbers([1000, 0.001]);
  assert(compare("loss", expected, numbers([1000.05, 0.001]), steps).ok);
  const second = compare("loss", expected, numbers([1000, 0.0011]), steps);
  assert(!second.ok);
  assertAlmostEquals(second.limit, 1e-7, 1e-12);
});

Deno.test("compare() allows ten times the float32 noise of the official code", () => {
  const noisy = { ...tolerance, noise: { scores: 1e-3 } };
  assert(compare("scores", numbers([0.5]), numbers([0.509]), noisy).ok);
  assert(!compare("scores", numbers([0.5]), numbers([0.511]), noisy).ok);
});

Deno.test("compare() allows twice what one rounding of the weights moves the official code by", () => {
  const moved = { ...tolerance, perturbed: { loss: 1e-2 } };
  assert(compare("loss", numbers([0.5]), numbers([0.519]), moved).ok);
  assert(!compare("loss", numbers([0.5]), numbers([0.521]), moved).ok);
});

Deno.test("compare() allows a move of a parameter what its storage in float32 adds to the norm", () => {
  const golden = {
    kind: "steps",
    parameters: [{ name: "w", shape: [10, 40], lo: -0.5, hi: 1.5 }],
    step_inputs: { count: 10 },
    fp32_noise: {},
    zero_gradients: [],
    expected: new Map(),
  } as unknown as GoldenCase;
  const name = "param_delta_norm/w";
  const stored = toleranceOf(golden, []);
  const { limit } = compare(name, numbers([1e-4]), numbers([1e-4]), stored);
  assertEquals(limit, 10 * 2 ** -24 * 20); // 1.5 lies between 1 and 2, where floats are 2^-23 apart
  assertEquals(compare(name, numbers([1]), numbers([1]), stored).limit, 1e-4);
  assertEquals(compare("after/w", numbers([1e-4]), numbers([1e-4]), stored).limit, 1e-8);
});

Deno.test("compare() checks only the size of a gradient whose true value is 0", () => {
  const norm = (value: number) =>
    compare("grad_norm/zero.bias", numbers([0.3]), numbers([value]), tolerance);
  assert(norm(9e-5).ok);
  assert(!norm(2e-4).ok);
  const head = compare("grad_head/zero.bias", numbers([1]), numbers([9]), tolerance);
  assert(head.ok);
  assertEquals(head.difference, null);
});

Deno.test("compare() fails on NaN, a missing tensor and another shape", () => {
  assert(!compare("scores", numbers([0.5]), numbers([NaN]), tolerance).ok);
  assertEquals(compare("scores", numbers([0.5]), undefined, tolerance).note, "not computed");
  const shape = compare("scores", numbers([0.5]), numbers([0.5, 0.5]), tolerance);
  assertStringIncludes(shape.note!, "expected shape [1], found [2]");
});
