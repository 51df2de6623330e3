/** Mistakes on the files of bad_inputs.ts, and the message that each is to get. */

import { hasAdapter } from "../support/gpu.ts";
import { GOOD } from "./bad_inputs.ts";

const onCpu = ["--device", "cpu", "--blas", "off"];
export const train = (...settings: string[]) => ["train", ...GOOD, ...onCpu, ...settings];

export interface Mistake {
  what: string;
  args: string[];
  /** Part of the message, or a pattern; "<folder>" stands for the folder. */
  message: string | RegExp;
  ignore?: boolean;
}

export const SETTINGS: Mistake[] = [
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
    what: "more slots of a dictionary than there is room for",
    args: ["dictionary", ...GOOD, "--percent", "1e99", "--out", "d.npy"],
    message: "--percent 1e+99 of 2 normal videos would be more than 100000 slots; give a smaller",
  },
  {
    what: "a query of nothing",
    args: ["runs", "query", " ", "--root", "runs"],
    message: "Cannot query: give one SQL text in quotes",
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

export const OUTPUTS: Mistake[] = [
  {
    what: "a run folder that holds something",
    args: train("--out", "occupied"),
    message: "the folder exists and is not empty; there is no run in it to continue; give another",
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

export const CHECKPOINTS: Mistake[] = [
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

export const DEVICES: Mistake[] = [
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
