import * as tf from "@tensorflow/tfjs";
import { assertEquals, assertRejects } from "@std/assert";
import { startBackend } from "../../src/device/cpu/start_backend.ts";
import { HeapBudget } from "../../src/device/cpu/heap_budget.ts";
import { openCpu } from "../../src/device/cpu/open_cpu.ts";
import { memoryFault } from "../../src/device/memory_fault.ts";
import { isFault } from "../../src/fault.ts";
import { assemble } from "../../src/model/assemble.ts";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { loadForms } from "../../src/ops/operations.ts";
import { Scoring } from "../../src/score/scoring.ts";
import { scoresOf } from "../../src/score/score_videos.ts";
import { smallRunner } from "../model/combinations.ts";

const DIM = 32, HEAP_BYTES = 1 << 21;

Deno.test("a video that the heap does not hold is refused by name, after the scores of those before", async () => {
  await loadForms("cpu");
  await openCpu({ blas: "off" }); // its kernels serve every backend here
  const backend = await startBackend({ budget: new HeapBudget(HEAP_BYTES) });
  tf.removeBackend("wasm");
  tf.registerBackend("wasm", () => backend);
  await tf.setBackend("wasm");
  const model = assemble(smallRunner("rtfm"), 5), random = new RandomStream(0);
  using scoring = new Scoring({ recorder: null });
  const given: string[] = [];
  const lengths: Record<string, number> = { first: 40, hours: 20_000, last: 40 };
  const load = ({ id }: { id: string }) => {
    const snippets = lengths[id], values = new Float32Array(snippets * DIM).fill(0.5);
    return Promise.resolve({ crops: 1, snippets, dim: DIM, values, length: snippets });
  };
  const videos = Object.keys(lengths).map((id) => ({ id }));
  const options = { scoring, random, load, bytesOf: () => 0, waitingBytes: 0 };
  const error = await assertRejects(
    async () => {
      for await (const { video } of scoresOf(model, videos, options)) given.push(video.id);
    },
    RangeError,
    'Cannot score "hours", 20000 snippets x 1 crop of 32 channels: Cannot hold',
  );
  assertEquals(given, ["first"]);
  assertEquals(isFault(error), true);
  assertEquals(/cut the features into shorter files/.test(error.message), true);
  assertEquals(/batch_size/.test(error.message), false);
  model.parameters.dispose();
  random.dispose();
});

Deno.test("a memory that is found full when scores are read back is that of their videos", async () => {
  await openCpu({ blas: "off" });
  const model = assemble(smallRunner("rtfm"), 5), random = new RandomStream(0);
  using scoring = new Scoring({ recorder: null });
  const values = new Float32Array(40 * DIM).fill(0.5);
  const load = () => Promise.resolve({ crops: 1, snippets: 40, dim: DIM, values, length: 40 });
  const options = { scoring, random, load, bytesOf: () => 0, waitingBytes: 0 };
  const backend = tf.backend() as tf.KernelBackend;
  const { read } = backend;
  // As a GPU tells it: after the work was given to it.
  backend.read = () => Promise.reject(memoryFault("The GPU is out of memory", "use --device cpu"));
  try {
    const error = await assertRejects(
      () => Array.fromAsync(scoresOf(model, [{ id: "hours" }], options)),
      RangeError,
      'Cannot score "hours": The GPU is out of memory; cut the features into shorter files',
    );
    assertEquals(/batch_size/.test(error.message), false);
  } finally {
    backend.read = read;
  }
  model.parameters.dispose();
  random.dispose();
});
