import * as tf from "@tensorflow/tfjs";
import { assert, assertEquals } from "@std/assert";
import { openDevice } from "../../src/ops/open_device.ts";
import { runCases } from "../../src/ops/kernel/run_case.ts";
import { spanTableLimit } from "../../src/ops/span_attention/op.ts";
import { cases as spanCases } from "../../src/ops/span_attention/cases.ts";
import { hasAdapter } from "../support/gpu.ts";

const ignore = !hasAdapter;
const gpu = ignore ? null : await openDevice({ device: "webgpu" });

Deno.test({
  name: "spanAttention() on webgpu gives the same in pieces of the queries",
  ignore,
  async fn() {
    const [T, B] = [67, 2];
    const cases = spanCases.at({ B, N: 1, T, C: 5, O: 1, k: 1, P: 1 });
    const { entries } = spanTableLimit;
    const before = tf.memory().numTensors;
    spanTableLimit.entries = B * 2 * T * 30; // 30 queries, 30, 7
    try {
      for (const { name, error, passed } of await runCases(cases)) {
        assert(passed, `${name}: error ${error}`);
      }
    } finally {
      spanTableLimit.entries = entries;
    }
    assertEquals(tf.memory().numTensors, before, "no tensor is left over");
  },
});

Deno.test({
  name: "the webgpu device of the span tests closes",
  ignore,
  async fn() {
    await gpu!.close();
  },
});
