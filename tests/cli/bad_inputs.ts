/** A folder of a user's files, good and bad ones, on which mistakes are tried. */

import { join } from "node:path";
import { encodeNpy } from "../../src/io/npy.ts";
import { encodeSafetensors } from "../../src/io/safetensors.ts";
import { arrayOf, writeFeatures, writeText } from "../data/temporary_features.ts";

/** Settings of a run of three steps on the good files. */
export const GOOD = [
  "runner=mil",
  "data.source=folder",
  "data.root=.",
  "data.train=train",
  "data.test=test",
  "data.ground_truth=truth.json",
  "data.batch_size=2",
  "data.segments=4",
  "runner.head.hidden=[4,3]",
  "trainer.max_steps=3",
];

const TRAIN = ["Abuse001", "Abuse002", "Normal_Videos001", "Normal_Videos002"];
const TEST = ["Abuse028", "Normal_Videos_003"];

/** The beginning of what torch.save writes: a zip archive whose first member is this. */
const TORCH = `PK\x03\x04${"\0".repeat(22)}\x10\0\0\0archive/data.pkl${"\0".repeat(100)}`;

/** Writes the good files, and folders that each have one thing wrong, into the folder. */
export async function writeInputs(folder: string): Promise<void> {
  const split = async (name: string, ids: string[], axes: string, shape: number[]) => {
    for (const id of ids) await writeFeatures(folder, `${name}/${id}_x264_i3d.npy`, axes, shape);
  };
  await split("train", TRAIN, "NTD", [2, 6, 8]);
  await split("test", TEST, "TND", [7, 2, 8]);
  const frames = Array.from({ length: 7 * 16 }, (_, frame) => Number(frame > 40 && frame < 70));
  const truth = { Abuse028_x264: frames, Normal_Videos_003_x264: frames.map(() => 0) };
  await writeText(folder, "truth.json", JSON.stringify(truth));
  const events = ["Abuse028_x264.mp4  Abuse  40  70", "Normal_Videos_003_x264.mp4  Normal  -1  -1"];
  await writeText(folder, "events.txt", events.map((line) => `${line}  -1  -1\n`).join(""));
  await writeText(folder, "half_truth.json", JSON.stringify({ Abuse028_x264: frames }));
  await writeText(folder, "broken_truth.json", '{ "Abuse028_x264": [0, 1');

  await split("transposed", TRAIN, "TND", [6, 2, 8]);
  await split("channels_first", TRAIN, "NTD", [2, 8, 6]);
  await split("four_axes", TRAIN, "NTDD", [1, 2, 6, 8]);
  await split("ten_channels", TRAIN, "NTD", [2, 6, 10]);
  for (const name of ["mixed", "truncated", "nan", "text", "unknown_class", "other_crops"]) {
    await split(name, TRAIN, "NTD", [2, 6, 8]);
  }
  await split("mixed", ["Abuse002"], "NTD", [2, 6, 11]);
  await split("other_crops", ["Abuse002"], "NTD", [5, 6, 8]);
  const whole = encodeNpy([2, 6, 8], arrayOf("NTD", [2, 6, 8]));
  const damaged = (name: string) => join(folder, name, "Normal_Videos002_x264_i3d.npy");
  await Deno.writeFile(damaged("truncated"), whole.subarray(0, whole.length - 100));
  await Deno.writeTextFile(damaged("text"), "not an array\n");
  const holed = arrayOf("NTD", [2, 6, 8]);
  holed[8 + 3] = NaN;
  await Deno.writeFile(damaged("nan"), encodeNpy([2, 6, 8], holed));
  await split("unknown_class", ["Juggling001"], "NTD", [2, 6, 8]);
  await split("lone_side", TRAIN.slice(0, 2), "NTD", [2, 6, 8]);
  await split("short", TRAIN, "NTD", [2, 2, 8]);
  await split("uneven", TRAIN.slice(0, 3), "NTD", [2, 6, 8]);
  await split("uneven", TRAIN.slice(3), "NTD", [2, 5, 8]);
  await Deno.mkdir(join(folder, "empty"));

  await writeFeatures(folder, "ambiguous.npy", "NTD", [2, 2, 8]);
  await writeFeatures(folder, "odd_dim.npy", "TD", [6, 12]);
  await writeFeatures(folder, "good.npy", "TD", [6, 8]);
  await writeText(folder, "configs/runner/broken.yaml", "name: mil\nhead: { name: mlp\nloss: ]\n");
  await writeText(folder, "scores/good.csv", "kept\n");
  await writeText(folder, "evaluated/evaluation.json", "kept\n");
  await writeText(folder, "occupied/notes.txt", "kept\n");
  await writeText(folder, "runs/notes.txt", "kept\n");
  const weights = { dtype: "F32" as const, shape: [2], bytes: new Float32Array(2) };
  const strange = encodeSafetensors(new Map([["fc1.weight", weights]]), {});
  await Deno.writeFile(join(folder, "strange.safetensors"), strange);
  await Deno.mkdir(join(folder, "another_model"));
  await Deno.writeFile(join(folder, "another_model", "best.safetensors"), strange);
  await writeText(folder, "torch/Abuse001_x264.pt", TORCH);
  await writeText(folder, "best.pt", TORCH);
  await writeText(folder, "video.mp4", "\0\0\0\x18ftypmp42\0\0\0\0");
  await writeText(folder, "c3d.txt", "0.5 1.5 2.5\n0.25 0 1\n".repeat(50));
  await Deno.writeFile(join(folder, "gt-ucf.npy"), encodeNpy([224], new Float64Array(224)));
  await split("link", TRAIN.slice(1), "NTD", [2, 6, 8]);
  if (Deno.build.os !== "windows") {
    await Deno.symlink("/no/such/disk/x.npy", join(folder, "link", "Abuse001_x264_i3d.npy"));
    await Deno.symlink("/no/such/disk/x.npy", join(folder, "gone.npy"));
    await Deno.symlink("circle", join(folder, "circle"));
    await new Deno.Command("mkfifo", { args: [join(folder, "pipe")] }).output();
  }
  await writeText(folder, "damaged/last.safetensors", "not tensors");
}
