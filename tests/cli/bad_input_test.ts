/**
 * Mistakes of every kind, on files in a folder: each gets one message and exit code 1, and no file
 * or folder appears, changes or goes.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { hasAdapter } from "../support/gpu.ts";
import { GOOD, writeInputs } from "./bad_inputs.ts";
import { type Outcome, wsvad, wsvadEach } from "./run_wsvad.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
await writeInputs(folder);

const onCpu = ["--device", "cpu", "--blas", "off"];
const train = (...settings: string[]) => ["train", ...GOOD, ...onCpu, ...settings];

interface Mistake {
  what: string;
  args: string[];
  /** Part of the message, or a pattern; "<folder>" stands for the folder. */
  message: string | RegExp;
  ignore?: boolean;
}

const SETTINGS: Mistake[] = [
  {
    what: "an unknown key",
    args: train("trainer.max_step=4"),
    message: "trainer.max_step is not a setting; did you mean trainer.max_steps?",
  },
  {
    what: "a wrong type",
    args: train("trainer.max_steps=many"),
    message: 'trainer.max_steps must be a whole number, found the text "many"',
  },
  {
    what: "a value out of range",
    args: train("data.batch_size=0"),
    message: "data.batch_size must be at least 1, found 0",
  },
  {
    what: "an override that cannot be read",
    args: train("runner.head.hidden=[4"),
    message: '"[4" lacks its ]',
  },
  {
    what: "an unreadable YAML",
    args: ["train", "--runner", "broken", "--config-dir", "configs"],
    message: /^Cannot read "configs\/runner\/broken\.yaml", line 3, column 1: /,
  },
  {
    what: "an unknown runner",
    args: ["train", "--runner", "mill"],
    message: 'Cannot use runner=mill: no such file among the runner settings; did you mean "mil"?',
  },
  {
    what: "an unknown slot entry",
    args: train("runner.encoder=resnet"),
    message: 'there is no encoder "resnet" (crop_mean, ',
  },
  {
    what: "slots that do not fit",
    args: ["train", "--runner", "rtfm", "runner.head=mlp"],
    message:
      /^loss "selected_bce" requires "selected\.scores"; head "mlp" does not provide it; heads that do: magnitude_topk/,
  },
  {
    what: "settings that contradict each other",
    args: train("data.magnitude=true"),
    message: "they would all be 1; set data.normalize=none or data.magnitude=false",
  },
  {
    what: "an epoch shorter than a step",
    args: train("trainer.loop=epochs", "trainer.accumulate=2"),
    message: "Cannot accumulate 2 batches: an epoch has 1; set trainer.accumulate=1, or",
  },
];

const FEATURES: Mistake[] = [
  {
    what: "axes in the wrong order",
    args: train("data.train=transposed", "data.crops=2"),
    message:
      'transposed/Abuse001_x264_i3d.npy": expected [2, T, D], found [6, 2, 8]: the snippets come first in this file; set data.layout_train=snippets_first',
  },
  {
    what: "axes in the wrong order where nothing says how many crops there are",
    args: train("data.train=transposed"),
    message:
      /"<folder>\/test\/Abuse028_x264_i3d\.npy" has 2, "<folder>\/transposed\/Abuse001_x264_i3d\.npy" has 6; .* or correct data\.layout_train or data\.layout_test$/,
  },
  {
    what: "channels that are not the last axis",
    args: train("data.train=channels_first", "data.dim=8"),
    message: "the channels must be the last axis; save the array transposed",
  },
  {
    what: "four axes",
    args: train("data.train=four_axes"),
    message: "found [1, 2, 6, 8]: a feature file has three axes, or two",
  },
  {
    what: "D + 2 channels",
    args: train("data.train=ten_channels", "runner.features.dim=8"),
    message: "expected [N, T, 8], found [2, 6, 10]: it has 10 channels a snippet; set runner.",
  },
  {
    what: "files of different channels",
    args: train("data.train=mixed"),
    message: 'mixed/Abuse002_x264_i3d.npy" has 11 channels a snippet, ',
  },
  {
    what: "files of different crops",
    args: train("data.train=other_crops"),
    message: 'other_crops/Abuse002_x264_i3d.npy" has 5, ',
  },
  {
    what: "files of different lengths without segments",
    args: train("data.train=uneven", "data.segments=null"),
    message: /^Cannot put videos of different sizes into one batch: .*; set data\.segments=32$/,
  },
  {
    what: "a file that is cut short",
    args: train("data.train=truncated"),
    message: 'truncated/Normal_Videos002_x264_i3d.npy": the shape (2, 6, 8) of <f4 takes 384 bytes',
  },
  {
    what: "a file that is none",
    args: train("data.train=text"),
    message: "expected a .npy array, found other bytes at byte 0",
  },
  {
    what: "NaN in a file",
    args: train("data.train=nan"),
    message: 'nan/Normal_Videos002_x264_i3d.npy": the value at [0, 1, 3] is NaN; extract',
  },
  {
    what: "a class that the list does not know",
    args: train("data.train=unknown_class"),
    message: /^Cannot tell the class of "<folder>\/unknown_class\/Juggling001_x264_i3d\.npy": /,
  },
  {
    what: "fewer videos than a batch",
    args: train("data.batch_size=3"),
    message: "the training set has 2 normal and 2 anomalous ones; set data.batch_size=2 or less",
  },
  {
    what: "videos of one side alone",
    args: train("data.train=lone_side"),
    message: "0 normal and 2 anomalous ones; training needs both kinds",
  },
  {
    what: "no training videos",
    args: train("data.train=null"),
    message: "Cannot train: the data has no training videos; set data.train",
  },
  {
    what: "fewer snippets than are selected",
    args: train(
      "runner=rtfm",
      "runner.head.hidden=[4,3]",
      "data.train=short",
      "data.segments=null",
    ),
    message:
      'Cannot train rtfm: it selects 3 snippets of each training video, found "Abuse001_x264" has 2; set data.segments=32 or a smaller runner.head.k',
  },
  {
    what: "a folder that is not there",
    args: train("data.train=nowhere"),
    message: 'Cannot find data.train=nowhere: looked for "<folder>/nowhere"',
  },
  {
    what: "a folder without features",
    args: train("data.train=empty"),
    message:
      'the folder "<folder>/empty": expected .npy, .npz, .mat, .txt, .h5, .hdf5, .zip files, found none; set data.train',
  },
  {
    what: "a test video without ground truth",
    args: train("data.ground_truth=half_truth.json"),
    message: '1 of 2 test videos in "half_truth.json": "Normal_Videos_003_x264"; complete',
  },
  {
    what: "no ground truth at all",
    args: train("data.ground_truth=null"),
    message: "set data.annotations or data.ground_truth, or data.test=null",
  },
  {
    what: "one vector of ground truth",
    args: train("data.ground_truth=gt-ucf.npy"),
    message: 'gt-ucf.npy": one vector over all videos says neither which video a frame is of',
  },
  {
    what: "a video as ground truth",
    args: train("data.ground_truth=video.mp4"),
    message: 'Cannot read ground truth "<folder>/video.mp4": it is a video',
  },
  {
    what: "an array as annotations",
    args: train("data.ground_truth=null", "data.annotations=good.npy"),
    message: 'good.npy": it is a .npy array; give the text file',
  },
  {
    what: "a video as a list",
    args: train("data.train=video.mp4"),
    message: 'video.mp4": it is a video',
  },
  {
    what: "a folder of PyTorch files",
    args: train("data.train=torch"),
    message: /\.zip files, found 1 other file, .* it is a PyTorch file; .* convert it by/,
  },
  {
    what: "a link that leads nowhere",
    args: train("data.train=link"),
    message:
      '"<folder>/link/Abuse001_x264_i3d.npy" is a link to "/no/such/disk/x.npy", which does not exist',
    ignore: Deno.build.os === "windows",
  },
  {
    what: "a ground truth that is no JSON",
    args: train("data.ground_truth=broken_truth.json"),
    message: 'Cannot read ground truth "<folder>/broken_truth.json": it is not JSON',
  },
];

const OUTPUTS: Mistake[] = [
  {
    what: "a run folder that holds something",
    args: train("--out", "occupied"),
    message: "the folder exists and is not empty; give another --out, add --overwrite to replace",
  },
  {
    what: "a run folder that is a file",
    args: train("--out", "truth.json"),
    message: 'Cannot write to "truth.json": it is a file, not a folder',
  },
  {
    what: "a run folder below a file",
    args: train("--out", "truth.json/run"),
    message: 'Cannot make the folder "truth.json": a file of that name is in the way',
  },
  {
    what: "a mistake below folders that are still to be made",
    args: train("--out", "new/folders/run", "data.batch_size=3"),
    message: "Cannot make batches of 3",
  },
  {
    what: "an evaluation that exists",
    args: ["eval", "run", ...onCpu, "--out", "evaluated"],
    message: 'Cannot write "evaluated/evaluation.json": it exists; give another --out or add',
  },
  {
    what: "a report folder that is a file",
    args: ["eval", "run", ...onCpu, "--out", "truth.json"],
    message: 'Cannot write to "truth.json": it is a file, not a folder; give another --out',
  },
  {
    what: "scores that exist",
    args: ["score", "-c", "run", "good.npy", ...onCpu],
    message:
      'Cannot write "scores/good.csv": it exists; give another --out, add --skip-existing to score what is missing, or --overwrite to replace',
  },
  {
    what: "a score folder that is a file",
    args: ["score", "-c", "run", "good.npy", ...onCpu, "--out", "truth.json"],
    message: 'Cannot write to "truth.json": it is a file, not a folder; give another --out',
  },
];

const CHECKPOINTS: Mistake[] = [
  {
    what: "a checkpoint that is not there",
    args: ["eval", "nowhere", ...onCpu],
    message: 'Cannot read checkpoint "nowhere": no such file or folder',
  },
  {
    what: "the weights of another model",
    args: ["eval", "another_model", ...onCpu, "runner.features.dim=8"],
    message:
      /^Cannot load weights from "another_model\/best\.safetensors": fc1\.weight: expected \[4,8\], found \[2\]; missing fc1\.bias \[4\]; .*; the checkpoint belongs to another model or configuration$/,
  },
  {
    what: "weights without a configuration",
    args: ["eval", "strange.safetensors", ...onCpu],
    message: 'Cannot use "strange.safetensors": it does not say which model it holds; add --runner',
  },
  {
    what: "a damaged checkpoint",
    args: ["train", "--resume", "damaged", ...onCpu],
    message: 'Cannot read "damaged/last.safetensors": ',
  },
  {
    what: "a folder that is no run",
    args: ["train", "--resume", "occupied"],
    message: 'Cannot resume "occupied": no config.yaml in it; name the folder of a run',
  },
  {
    what: "an evaluation without test videos",
    args: ["eval", "run", ...onCpu, "data.test=null"],
    message: "Cannot evaluate: the data has no test videos; set data.test",
  },
  {
    what: "another method for trained weights",
    args: ["eval", "run", ...onCpu, "runner=rtfm"],
    message: 'Cannot apply "runner=rtfm" to "run/config.yaml": its method is fixed',
  },
  {
    what: "a file to score whose axes can be read in two ways",
    args: ["score", "-c", "run", "ambiguous.npy", ...onCpu, "--out", "new-1"],
    message:
      "found [2, 2, 8], which can be [N, T, D] or [T, N, D] for N crops and T snippets; give --layout",
  },
  {
    what: "a file to score with other channels",
    args: ["score", "-c", "run", "odd_dim.npy", ...onCpu, "--out", "new-2"],
    message: "expected [T, 8], found [6, 12]: it has 12 channels a snippet; give features of the",
  },
  {
    what: "a file to score that is not there",
    args: ["score", "-c", "run", "nothing.npy", ...onCpu, "--out", "new-3"],
    message: 'Cannot read features "nothing.npy": no such file or folder',
  },
  {
    what: "a folder to score without features",
    args: ["score", "-c", "run", "empty", ...onCpu, "--out", "new-4"],
    message: 'Cannot score the folder "empty": expected .npy',
  },
  {
    what: "a PyTorch file to score",
    args: ["score", "-c", "run", "torch/Abuse001_x264.pt", ...onCpu, "--out", "new-5"],
    message: "it is a PyTorch file; if it holds",
  },
  {
    what: "a folder of PyTorch files to score",
    args: ["score", "-c", "run", "torch", ...onCpu, "--out", "new-6"],
    message: /\.zip files, found 1 other file, .* it is a PyTorch file; .* convert/,
  },
  {
    what: "a video to score",
    args: ["score", "-c", "run", "video.mp4", ...onCpu, "--out", "new-7"],
    message: "nothing says how the features of its training were made",
  },
  {
    what: "text features to score",
    args: ["score", "-c", "run", "c3d.txt", ...onCpu, "--out", "new-8"],
    message: "expected [T, 8], found [100, 3]: it has 3 channels a snippet",
  },
  {
    what: "a link that leads nowhere to score",
    args: ["score", "-c", "run", "gone.npy", ...onCpu, "--out", "new-9"],
    message: '"gone.npy" is a link to "/no/such/disk/x.npy", which does not exist; mend or',
    ignore: Deno.build.os === "windows",
  },
  {
    what: "links in a circle to score",
    args: ["score", "-c", "run", "circle", ...onCpu, "--out", "new-9"],
    message: '"circle" is a link to "circle", and the links lead in a circle',
    ignore: Deno.build.os === "windows",
  },
  {
    what: "a PyTorch checkpoint",
    args: ["eval", "best.pt", ...onCpu],
    message:
      /^Cannot read "best\.pt": it is a PyTorch file; if it holds .* `wsvad import --runner NAME FILE`$/,
  },
  {
    what: "two files to score whose results would have one name",
    args: ["score", "-c", "run", "train", "transposed", ...onCpu, "--out", "new-10"],
    message: "score them into different folders with --out",
  },
];

const DEVICES: Mistake[] = [
  {
    what: "a BLAS that is not there",
    args: ["eval", "run", "--device", "cpu", "--blas", "/nowhere/libblas.so"],
    message: 'Cannot open the BLAS "/nowhere/libblas.so": ',
  },
  {
    what: "too little GPU memory for one video",
    args: ["train", "--runner", "mil", "--device", "webgpu", "--gpu-memory", "20MB"],
    message: /^Cannot train with these settings: one video a side is too much for .* \(webgpu\); /,
    ignore: !hasAdapter,
  },
  {
    what: "too little GPU memory for the batch",
    args: ["train", "--runner", "mil", "--device", "webgpu", "--gpu-memory", "100MB"],
    message: /a step needs about .* \(webgpu\) has 100 MiB; data\.batch_size=\d+ fits \(now 30\)/,
    ignore: !hasAdapter,
  },
];

/** A good run, in the folder from the first test on that asks for it. */
const goodRun = (() => {
  let made: Promise<Outcome> | undefined;
  return async () => {
    const { code, stderr } = await (made ??= wsvad(train("--out", "run"), folder));
    assertEquals(code, 0, stderr);
    const config = await Deno.readTextFile(join(folder, "run", "config.yaml"));
    for (const name of ["another_model", "damaged"]) {
      await Deno.writeTextFile(join(folder, name, "config.yaml"), config);
    }
  };
})();

/** Every file and folder below a path, with the contents. */
function contents(path = folder, name = "."): Record<string, string> {
  const all: Record<string, string> = { [name]: "" };
  for (const entry of Deno.readDirSync(path)) {
    const below = join(path, entry.name);
    if (entry.isDirectory) Object.assign(all, contents(below, join(name, entry.name)));
    else if (entry.isSymlink) all[join(name, entry.name)] = Deno.readLinkSync(below);
    else all[join(name, entry.name)] = Deno.readFileSync(below).toBase64();
  }
  return all;
}

function assertUnchanged(before: Record<string, string>): void {
  const after = contents();
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => before[name] !== after[name]);
  assertEquals(changed, [], "files and folders that came, changed or went");
}

function assertRefused({ code, stdout, stderr }: Outcome, message: string | RegExp): void {
  // What is found only in the middle of the work comes after the lines with which the work begins.
  const text = stderr.trimEnd().replaceAll(folder, "<folder>")
    .replace(/^\w+(, weights| on \w+: ).*\n(The BLAS is off.*\n|This GPU is software.*\n)?/, "");
  assertEquals([code, stdout], [1, ""], text);
  if (typeof message === "string") assertStringIncludes(text, message);
  else assertMatch(text, message);
  assertEquals(text.split("\n").length, 1, `one message:\n${text}`);
  assert(!text.endsWith("."), text);
}

async function refuseAll(mistakes: Mistake[]): Promise<void> {
  await goodRun();
  const before = contents();
  const tried = mistakes.filter(({ ignore }) => !ignore);
  const outcomes = await wsvadEach(tried.map(({ args }) => args), folder);
  tried.forEach(({ what, args, message }, i) => {
    try {
      assertRefused(outcomes[i], message);
    } catch (error) {
      throw new Error(`${what}: wsvad ${args.join(" ")}`, { cause: error });
    }
  });
  assertUnchanged(before);
}

const GROUPS: [what: string, mistakes: Mistake[]][] = [
  ["settings", SETTINGS],
  ["features and labels", FEATURES],
  ["places for results", OUTPUTS],
  ["checkpoints and what is scored with them", CHECKPOINTS],
  ["devices", DEVICES],
];

for (const [what, mistakes] of GROUPS) {
  Deno.test(`wsvad refuses mistakes in ${what}: one message, exit code 1, nothing lost`, () =>
    refuseAll(mistakes));
}
