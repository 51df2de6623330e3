import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { catalog, RUNNER } from "./fake_catalog.ts";
import { refusal, resolved } from "./resolved.ts";

const KEY_FAULTS: [what: string, override: string, message: string][] = [
  [
    "an unknown key",
    "trainer.max_step=5",
    'Cannot apply "trainer.max_step=5": trainer.max_step is not a setting; did you mean trainer.max_steps?',
  ],
  ["a key without its section", "lr=5", "did you mean runner.optimizer.lr?"],
  ["a key of another slot", "runner.head.k=3", "runner.head.k is not a setting"],
  [
    "a loss term that is not there",
    "runner.loss.sparsity.weight=3",
    "runner.loss.sparsity.weight is not a setting",
  ],
  [
    "an unknown slot entry",
    "runner.encoder=pyramidd",
    'there is no encoder "pyramidd"; did you mean "pyramid"? (crop_mean, pyramid)',
  ],
  ["an unknown loss term", "runner.loss=[smothness]", 'did you mean "smoothness"?'],
  [
    "a change of type",
    "trainer.max_steps=many",
    'Cannot apply "trainer.max_steps=many": trainer.max_steps must be a whole number, found the text "many"',
  ],
  ["a fraction", "data.batch_size=1.5", "data.batch_size must be a whole number, found 1.5"],
  ["text for truth", "runner.guard_sqrt=1", "runner.guard_sqrt must be true or false, found 1"],
  [
    "a value for a mapping",
    "data.synthetic=5",
    "data.synthetic must be a mapping of settings, found 5",
  ],
  ["null for a slot", "runner.head=null", "runner.head must be one of mlp, topk, found null"],
  ["a number for a slot", "runner.encoder=3", "runner.encoder is one of crop_mean, pyramid"],
  [
    "a number for a loss term",
    "runner.loss.smoothness=2",
    'Cannot apply "runner.loss.smoothness=2"',
  ],
  ["a slot without a name", "runner.branch={width: 3}", "runner.branch needs a name (text)"],
  ["a value out of bounds", "trainer.max_steps=0", "trainer.max_steps must be at least 1, found 0"],
  ["an open bound", "runner.head.dropout=1", "runner.head.dropout must be less than 1, found 1"],
  [
    "an unknown word",
    "eval.spread=segment",
    'eval.spread must be one of snippets, segments, found the text "segment"; did you mean "segments"?',
  ],
  ["an empty loss", "runner.loss=[]", "runner.loss must not be empty"],
  ["a rule across keys", "runner.head.hidden=[1,1,1,1,1,1,1,1,1]", "at most 8 layers"],
  ["+ on a key that is there", "+trainer.seed=1", "trainer.seed is there already; leave out the +"],
  ["+ of a key that the schema lacks", "+trainer.extra=1", "trainer.extra is not a setting"],
  [
    "~ of a key that is not there",
    "~trainer.sed",
    "trainer.sed is not a setting; did you mean trainer.seed?",
  ],
  [
    "a loss weight by name, of the wrong type",
    "runner.loss.smoothness.weight=x",
    'Cannot apply "runner.loss.smoothness.weight=x": runner.loss.smoothness.weight must be a number',
  ],
  [
    "a group file",
    "data=sinthetic",
    'Cannot use data=sinthetic: no such file among the data settings; did you mean "synthetic"?',
  ],
  [
    "a number that JSON cannot hold",
    "trainer.seed=1e999",
    "trainer.seed must be a whole number, found Infinity",
  ],
];

for (const [what, override, message] of KEY_FAULTS) {
  Deno.test(`resolveConfig() refuses ${what}: ${override}`, async () => {
    assertStringIncludes(await refusal([override]), message);
  });
}

Deno.test("resolveConfig() blames the override that is at fault, not another", async () => {
  const message = await refusal(["trainer.seed=1", "trainer.max_steps=x", "data.seed=2"]);
  assertStringIncludes(message, 'Cannot apply "trainer.max_steps=x"');
});

Deno.test("resolveConfig() names every fault of a file, with line and column", async () => {
  const message = await refusal(["trainer=mine"], {
    "trainer/mine.yaml": "loop: steps\nmax_step: 3\nseed: -1\n",
  });
  const [first, second] = message.split("\n");
  assertStringIncludes(message, "mine.yaml");
  assertStringIncludes(
    first + second,
    "line 3, column 1: trainer.seed must be at least 0, found -1",
  );
  assertStringIncludes(
    first + second,
    "line 2, column 1: trainer.max_step is not a setting; did you mean trainer.max_steps?",
  );
});

Deno.test("resolveConfig() places faults of slots, loss terms and recipes in the runner's file", async () => {
  const faultOf = async (from: string, to: string) =>
    await refusal([], { "runner/method.yaml": RUNNER.replace(from, to) });
  assertStringIncludes(
    await faultOf("dropout: 0.5", "dropuot: 0.5"),
    "line 5, column 20: runner.head.dropuot is not a setting; did you mean runner.head.dropout?",
  );
  assertStringIncludes(
    await faultOf("name: mlp", "name: mpl"),
    'runner.head.name must be one of mlp, topk, found the text "mpl"; did you mean "mlp"?',
  );
  assertStringIncludes(
    await faultOf("crop_mean", "crop_men"),
    'line 4, column 1: runner.encoder.name must be one of crop_mean, pyramid, found the text "crop_men"',
  );
  assertStringIncludes(
    await faultOf("weight: 1e-3", "wait: 1e-3"),
    "line 8, column 25: runner.loss.smoothness.wait is not a setting; did you mean runner.loss.smoothness.weight?",
  );
  assertStringIncludes(
    await faultOf("batch_size: 30", "batch_size: x"),
    "line 11, column 26: data.batch_size must be a whole number",
  );
  assertStringIncludes(
    await faultOf("trainer: {", "runner: {"),
    "line 12, column 3: recipe holds keys of data, trainer, eval",
  );
  assertStringIncludes(await faultOf("encoder: crop_mean\n", ""), "runner.encoder is missing");
  assertStringIncludes(await faultOf(RUNNER, "- a\n"), "expected keys with values, found a list");
});

Deno.test("resolveConfig() places a fault that an expression brings in", async () => {
  const message = await refusal(["trainer=mine"], {
    "trainer/mine.yaml": 'max_steps: "${data.source}"\n',
  });
  assertStringIncludes(message, "line 1, column 1: trainer.max_steps must be a whole number");
});

Deno.test("resolveConfig() places faults of a runner's presets in its file", async () => {
  const faultOf = async (presets: string) =>
    await refusal(["trainer=quick"], { "runner/method.yaml": `${RUNNER}${presets}` });
  assertStringIncludes(await faultOf("presets: 3\n"), "presets holds names of trainer settings");
  assertStringIncludes(
    await faultOf("presets:\n  quick: { optimizer: { lr: 1 } }\n"),
    "each with keys of data, runner, trainer, eval",
  );
  assertStringIncludes(
    await faultOf("presets:\n  quick: { runner: { optimizer: { rl: 1 } } }\n"),
    "runner.optimizer.rl is not a setting; did you mean runner.optimizer.lr?",
  );
});

Deno.test("resolveConfig() refuses a --config-dir that is none", () => {
  const request = { catalog, overrides: ["runner=method"] };
  assertThrows(
    () => resolveConfig({ ...request, configDirs: ["/nowhere"] }),
    RangeError,
    "no such folder",
  );
  assertThrows(
    () => resolveConfig({ ...request, configDirs: [import.meta.dirname!] }),
    RangeError,
    "none of the folders",
  );
});

Deno.test("resolveConfig() refuses pooled test videos whose scores would be laid over their first frames", async () => {
  const message = await refusal(["data.segments_test=8"]);
  assertStringIncludes(message, "data.segments_test=8");
  assertStringIncludes(message, "set eval.spread=segments too");
  const { data } = await resolved(["data.segments_test=8", "eval.spread=segments"]);
  assertEquals(data.segments_test, 8);
});
