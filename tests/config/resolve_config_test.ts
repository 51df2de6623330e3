import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import {
  chooseGroups,
  dumpConfig,
  loadResolvedConfig,
  parseResolvedConfig,
  resolveConfig,
} from "../../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../../src/config/schema/index.ts";
import { isFault } from "../../src/fault.ts";
import { catalog, RUNNER, withFolder } from "./fake_catalog.ts";

const environment = (name: string) => name === "WSAD_DATA" ? "/data" : undefined;

/** Resolves `runner=method` with these overrides and files. */
async function resolved(
  overrides: string[],
  files: Record<string, string> = {},
): Promise<ResolvedConfig> {
  let config: ResolvedConfig | undefined;
  await withFolder(files, (folder) => {
    config = resolveConfig({
      catalog,
      overrides: ["runner=method", ...overrides],
      configDirs: [folder],
      environment,
    });
  });
  return config!;
}

async function refusal(
  overrides: string[],
  files: Record<string, string> = {},
): Promise<string> {
  try {
    await resolved(overrides, files);
  } catch (error) {
    assert(isFault(error), `not a fault: ${(error as Error).stack}`);
    return error.message;
  }
  throw new Error(`not refused: ${overrides.join(" ")}`);
}

Deno.test("resolveConfig() fills every key from schema, recipe and files", async () => {
  const { data, runner, trainer, eval: evaluation } = await resolved([]);
  assertEquals(data.source, "synthetic");
  assertEquals(data.normalize, "l2");
  assertEquals(trainer.max_steps, 20000);
  assertEquals(trainer.precision, 32);
  assertEquals(evaluation.align, "cut");
  assertEquals(runner, {
    name: "method",
    paper: "Nobody, 2026",
    published: [],
    features: { dim: 2048, crops: 10, segments: 32, text_aligned: false },
    encoder: { name: "crop_mean" },
    head: { name: "mlp", hidden: [512, 32], dropout: 0.5 },
    branch: null,
    branches: [],
    loss: [{ name: "ranking", weight: 1 }, { name: "smoothness", weight: 1e-3, over: "abnormal" }],
    optimizer: { name: "adagrad", lr: 0.01, weight_decay: 0, eps: 1e-8 },
    schedule: { name: "constant" },
    optimizer_groups: [],
    grad_clip_norm: null,
    guard_sqrt: false,
    attn_impl: "fused",
  });
});

Deno.test("resolveConfig() prefers files to recipes and keys to files, the last key to the first", async () => {
  const files = { "trainer/mine.yaml": "max_steps: 7\n" };
  assertEquals((await resolved(["trainer=mine"], files)).trainer.max_steps, 7);
  assertEquals((await resolved(["trainer=mine"], files)).trainer.eval_every, 500);
  const keys = ["trainer.max_steps=8", "trainer=mine", "trainer.max_steps=9"];
  assertEquals((await resolved(keys, files)).trainer.max_steps, 9);
  assertEquals(
    (await resolved(["trainer.max_steps=8", "trainer=mine"], files)).trainer.max_steps,
    8,
  );
});

Deno.test("resolveConfig() lets the last choice of a group win", async () => {
  assertEquals((await resolved(["trainer=epochs", "trainer=quick"])).trainer.max_steps, 300);
});

Deno.test("resolveConfig() takes the recipe of a data file too, below the file's own keys", async () => {
  const files = {
    "data/pooled.yaml":
      "batch_size: 2\nrecipe: { eval: { spread: segments }, trainer: { seed: 5 } }\n",
  };
  const config = await resolved(["data=pooled"], files);
  assertEquals(config.eval.spread, "segments");
  assertEquals(config.trainer.seed, 5);
  assertEquals(config.data.batch_size, 2);
  assertEquals(
    (await resolved(["data=pooled", "eval.spread=snippets"], files)).eval.spread,
    "snippets",
  );
});

Deno.test("resolveConfig() lays what the runner says of a trainer over both, and below keys and the data's file", async () => {
  const files = {
    "runner/method.yaml": `${RUNNER}presets:
  mine:
    data: { batch_size: 5, segments: 6 }
    runner: { optimizer: { lr: 0.125 } }
    trainer: { max_steps: 3 }
`,
    "trainer/mine.yaml":
      "max_steps: 7\nlog_every: 2\nrecipe: { data: { batch_size: 4, seed: 8 } }\n",
    "data/pooled.yaml": "segments: 16\n",
  };
  const other = await resolved([], files);
  assertEquals(other, await resolved([], { "runner/method.yaml": RUNNER }));
  const { data, runner, trainer } = await resolved(["trainer=mine", "data=pooled"], files);
  assertEquals([data.batch_size, data.segments, data.seed], [5, 16, 8]);
  assertEquals([runner.optimizer.lr, trainer.max_steps, trainer.log_every], [0.125, 3, 2]);
  assertEquals(runner.head, other.runner.head);
  const keyed = await resolved(["trainer=mine", "trainer.max_steps=9"], files);
  assertEquals(keyed.trainer.max_steps, 9);
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

Deno.test("resolveConfig() swaps a slot by name with its defaults", async () => {
  assertEquals((await resolved(["runner.encoder=pyramid"])).runner.encoder, {
    name: "pyramid",
    width: 512,
  });
  assertEquals((await resolved(["runner.head=topk", "runner.head.k=5"])).runner.head, {
    name: "topk",
    k: 5,
    dropout: 0.6,
  });
  assertEquals((await resolved(["runner.head.name=topk"])).runner.head.name, "topk");
  assertEquals((await resolved(["runner.head={name: topk, k: 4}"])).runner.head, {
    name: "topk",
    k: 4,
    dropout: 0.6,
  });
  assertEquals((await resolved(["runner.branch=text"])).runner.branch, { name: "text", width: 8 });
  assertEquals((await resolved(["runner.optimizer=adamw"])).runner.optimizer, {
    name: "adamw",
    lr: 1e-3,
    weight_decay: 0.01,
    betas: [0.9, 0.999],
    eps: 1e-8,
  });
});

Deno.test("resolveConfig() merges a mapping into the slot that stands", async () => {
  assertEquals((await resolved(["runner.head={hidden: [8]}"])).runner.head, {
    name: "mlp",
    hidden: [8],
    dropout: 0.5,
  });
});

Deno.test("resolveConfig() addresses loss terms by name and by index, and replaces the list", async () => {
  const loss = async (...overrides: string[]) => (await resolved(overrides)).runner.loss;
  assertEquals((await loss("runner.loss.smoothness.weight=0"))[1].weight, 0);
  assertEquals((await loss("runner.loss.1.over=all"))[1].over, "all");
  assertEquals((await loss("runner.loss={smoothness: {weight: 2}}"))[1].weight, 2);
  assertEquals(await loss("runner.loss=[sparsity,ranking]"), [
    { name: "sparsity", weight: 8e-5 },
    { name: "ranking", weight: 1 },
  ]);
  assertEquals(await loss("runner.loss=[{name: sparsity, weight: 1}]"), [
    { name: "sparsity", weight: 1 },
  ]);
  assertEquals((await loss("+runner.loss.sparsity.weight=3"))[2], { name: "sparsity", weight: 3 });
  assertEquals((await loss("+runner.loss=sparsity"))[2], { name: "sparsity", weight: 8e-5 });
  assertEquals((await loss("~runner.loss.smoothness")).map(({ name }) => name), ["ranking"]);
});

Deno.test("resolveConfig() brings the default back for a removed key, and sets with ++", async () => {
  assertEquals((await resolved(["~trainer.max_steps"])).trainer.max_steps, 1000);
  assertEquals((await resolved(["++trainer.max_steps=3"])).trainer.max_steps, 3);
});

Deno.test("resolveConfig() resolves expressions of files and keys before checking types", async () => {
  const files = { "data/mine.yaml": 'root: ${oc.env:WSAD_DATA}/x\nseed: "${trainer.seed}"\n' };
  const { data } = await resolved(["data=mine", "trainer.seed=9"], files);
  assertEquals([data.root, data.seed], ["/data/x", 9]);
});

Deno.test("resolveConfig() makes data.root absolute, so that a run is found from anywhere", async () => {
  assertEquals((await resolved(["data.root=features"])).data.root, join(Deno.cwd(), "features"));
  const home = (await resolved(["data.root=~/features"])).data.root!;
  assert(!home.includes("~") && home.endsWith("features"), home);
});

Deno.test("resolveConfig() does not let two configurations share a list", async () => {
  const first = await resolved(["runner.optimizer=adam", "runner.optimizer.betas.0=0.5"]);
  assertEquals(first.runner.optimizer, {
    name: "adam",
    lr: 1e-3,
    weight_decay: 0,
    betas: [0.5, 0.999],
    eps: 1e-8,
  });
  const second = await resolved(["runner.optimizer=adam"]);
  assertEquals((second.runner.optimizer as { betas: number[] }).betas, [0.9, 0.999]);
});

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

Deno.test("chooseGroups() asks for a method and lists what there is", () => {
  assertThrows(() => chooseGroups({ overrides: [] }), RangeError, "add --runner NAME (");
  assertEquals(chooseGroups({ overrides: ["runner=x", "data.seed=1", "data=y"] }), {
    data: "y",
    runner: "x",
    trainer: "official",
  });
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

Deno.test("resolveConfig() takes a path to a file where it ends in .yaml", async () => {
  await withFolder({ "mine.yaml": RUNNER }, (folder) => {
    const config = resolveConfig({ catalog, overrides: [`runner=${folder}/mine.yaml`] });
    assertEquals(config.runner.name, "mine");
  });
});

Deno.test("dumpConfig() writes what loadResolvedConfig() reads back, all of it", async () => {
  const config = await resolved(["runner.loss.smoothness.weight=1e-7", "runner.branch=text"]);
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(path, dumpConfig(config));
    assertEquals(loadResolvedConfig(path, { catalog }), config);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("parseResolvedConfig() with data=NAME keeps the preparation that the model was trained on", async () => {
  const text = dumpConfig(await resolved(["data.root=/old", "data.train=a", "data.seed=4"]));
  const files = {
    "data/other.yaml":
      "source: folder\nroot: /new\ntest: b\nrecipe: { eval: { spread: segments } }\n",
  };
  await withFolder(files, (folder) => {
    const config = parseResolvedConfig(text, "config.yaml", {
      catalog,
      overrides: ["data=other"],
      configDirs: [folder],
    });
    const { normalize, root, train, test, seed } = config.data;
    assertEquals([normalize, root, train, test, seed], ["l2", "/new", null, "b", 0]);
    assertEquals(config.eval.spread, "segments");
  });
});

Deno.test("parseResolvedConfig() refuses another method, and names the place of a bad key", async () => {
  const text = dumpConfig(await resolved([]));
  const parse = (config: string, ...overrides: string[]) => () =>
    parseResolvedConfig(config, "runs/a/config.yaml", { catalog, overrides });
  assertThrows(parse(text, "runner=other"), RangeError, "its method is fixed");
  assertThrows(parse(text.replace("align:", "algin:")), RangeError, '"runs/a/config.yaml", line');
  assertThrows(parse("data: {}\n"), RangeError, "runner.name is missing");
});

Deno.test("resolveConfig() refuses pooled test videos whose scores would be laid over their first frames", async () => {
  const message = await refusal(["data.segments_test=8"]);
  assertStringIncludes(message, "data.segments_test=8");
  assertStringIncludes(message, "set eval.spread=segments too");
  const { data } = await resolved(["data.segments_test=8", "eval.spread=segments"]);
  assertEquals(data.segments_test, 8);
});

Deno.test("resolveConfig() names a data set by its file, unless the file is for anybody's data", async () => {
  const mine = { "data/street.yaml": "source: folder\ntrain: lists/train.txt\n" };
  assertEquals((await resolved(["data=street"], mine)).data.name, "street");
  assertEquals((await resolved(["data=ucf_crime_i3d"])).data.name, "ucf_crime_i3d");
  assertEquals((await resolved(["data=features"])).data.name, null);
  assertEquals((await resolved(["data.source=folder"])).data.name, null);
  assertEquals((await resolved(["data=features", "data.name=ours"])).data.name, "ours");
});
