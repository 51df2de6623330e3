import { assert, assertEquals, assertThrows } from "@std/assert";
import { homedir } from "node:os";
import { join } from "node:path";
import {
  chooseGroups,
  dumpConfig,
  loadResolvedConfig,
  parseResolvedConfig,
  resolveConfig,
} from "../../src/config/resolve_config.ts";
import { catalog, RUNNER, withFolder } from "./fake_catalog.ts";
import { resolved } from "./resolved.ts";

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

Deno.test("resolveConfig() puts the home folder into a list of held-out videos", async () => {
  const { data } = await resolved(["data.val=~/val.txt"]);
  assertEquals(data.val, join(homedir(), "val.txt"));
  assertEquals((await resolved(["data.val=0.1"])).data.val, 0.1);
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

Deno.test("chooseGroups() asks for a method and lists what there is", () => {
  assertThrows(() => chooseGroups({ overrides: [] }), RangeError, "add --runner NAME (");
  assertEquals(chooseGroups({ overrides: ["runner=x", "data.seed=1", "data=y"] }), {
    data: "y",
    runner: "x",
    trainer: "official",
  });
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

Deno.test("resolveConfig() names a data set by its file, unless the file is for anybody's data", async () => {
  const mine = { "data/street.yaml": "source: folder\ntrain: lists/train.txt\n" };
  assertEquals((await resolved(["data=street"], mine)).data.name, "street");
  assertEquals((await resolved(["data=ucf_crime_i3d"])).data.name, "ucf_crime_i3d");
  assertEquals((await resolved(["data=features"])).data.name, null);
  assertEquals((await resolved(["data.source=folder"])).data.name, null);
  assertEquals((await resolved(["data=features", "data.name=ours"])).data.name, "ours");
});
