/**
 * `deno task time:data [SHARE] [FOLDER]`: how fast a set of the size of UCF-Crime is opened and
 * read. Makes 1,610 training files [10, 32, D] and 290 test files [T, 10, D] of the usual lengths,
 * as folders and as archives, reads them as a training does, and removes them. D is SHARE (0.25) of
 * the real 2048. Prints each figure beside `cat` of the same bytes; each is a process of its own.
 */

import { join } from "node:path";
import { currentLoad, peakProcessBytes } from "../src/bench/measure.ts";
import { type DataConfig, dataSchema } from "../src/config/schema/data.ts";
import { BatchLoader } from "../src/data/batches.ts";
import { openDataset } from "../src/data/open_dataset.ts";
import { waitingBytes } from "../src/data/reading_budget.ts";
import { encodeNpy } from "../src/io/npy.ts";
import { writeZip } from "../src/io/zip_write.ts";
import { Random } from "../src/random.ts";
import { endWithUsage, taskWords } from "./task_words.ts";

const CROPS = 10, SEGMENTS = 32, CHANNELS = 2048;
/** Snippets of all test videos, and of the longest. */
const SNIPPETS = 69_634, LONGEST = 6750;
const EPOCHS = 3, BATCH = 16;

interface Figures {
  openSeconds: number;
  /** Seconds of each epoch. */
  seconds: number[];
  /** Bytes of the values that the batches had. */
  bytes: number;
  peakBytes: number;
}

/** Settings of what is measured, by name. */
function settingsOf(folder: string): Record<string, Partial<DataConfig>> {
  const train = { train: join(folder, "train"), layout_train: "crops_first" } as const;
  const zip = { train: join(folder, "train.zip"), layout_train: "crops_first" } as const;
  const long = { train: join(folder, "test"), layout_train: "snippets_first" } as const;
  return {
    "folder": train,
    "folder, all kept in memory": { ...train, cache_mb: 8192 },
    "zip": zip,
    "zip, all kept in memory": { ...zip, cache_mb: 8192 },
    "full length, pooled": { ...long, cache_mb: 0 },
    "full length, pooled, data.pack": { ...long, cache_mb: 0, pack: join(folder, "pack") },
  };
}

/** Lengths in the manner of UCF-Crime's: most are short, three are very long. */
function lengths(): number[] {
  const raw = Array.from({ length: 290 }, (_, i) => 10 + 60 * Math.exp(3 * ((i * 37) % 290) / 290));
  const scale = (SNIPPETS - 3 * LONGEST / 2) / raw.reduce((sum, T) => sum + T, 0);
  return raw.map((T, i) => i % 97 === 0 ? LONGEST / 2 : Math.ceil(T * scale));
}

function* files(split: "train" | "test", dim: number) {
  const random = new Random(0, split);
  const block = Float32Array.from({ length: 1 << 16 }, () => Math.max(0, random.uniform() - 0.4));
  const test = lengths();
  const count = split === "train" ? 1610 : 290, abnormal = split === "train" ? 810 : 140;
  for (let i = 0; i < count; i++) {
    const number = String(i).padStart(3, "0");
    const between = split === "test" ? "_" : "";
    const id = i < abnormal ? `Abuse${number}_x264` : `Normal_Videos${between}${number}_x264`;
    const shape = split === "train" ? [CROPS, SEGMENTS, dim] : [test[i], CROPS, dim];
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let at = 0; at < values.length; at += block.length) {
      values.set(block.subarray(0, Math.min(block.length, values.length - at)), at);
    }
    values[0] = i;
    yield [`${id}_i3d.npy`, encodeNpy(shape, values)] as const;
  }
}

async function make(folder: string, dim: number): Promise<void> {
  for (const split of ["train", "test"] as const) {
    await Deno.mkdir(join(folder, split), { recursive: true });
    for (const [name, bytes] of files(split, dim)) {
      await Deno.writeFile(join(folder, split, name), bytes);
    }
    const members = async function* () {
      yield* files(split, dim);
    };
    await writeZip(join(folder, `${split}.zip`), members(), false);
  }
}

/** Opens the data and reads epochs as a training does, without the training. */
async function measure(settings: Partial<DataConfig>): Promise<Figures> {
  const start = performance.now();
  const config = dataSchema.parse({ source: "folder", test: null, ...settings });
  const dataset = await openDataset(config);
  const openSeconds = (performance.now() - start) / 1000;
  const loader = new BatchLoader(dataset.train, {
    ...{ batchSize: BATCH, seed: 0, loop: "epochs", classes: dataset.classes.length },
    ...{ prefetch: config.prefetch, waitingBytes: waitingBytes(config) },
  });
  const seconds: number[] = [];
  let bytes = 0;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const begin = performance.now();
    bytes = 0;
    for (let batch; (batch = await loader.next());) bytes += batch.video.byteLength;
    seconds.push((performance.now() - begin) / 1000);
  }
  return { openSeconds, seconds, bytes, peakBytes: peakProcessBytes() };
}

/** Megabytes a second, and bytes, of `cat`. */
async function cat(path: string): Promise<{ rate: number; bytes: number }> {
  const start = performance.now();
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `find "$1" -type f -exec cat {} + | wc -c`, "sh", path],
  }).output();
  const bytes = Number(new TextDecoder().decode(stdout));
  return { rate: bytes / 1e3 / (performance.now() - start), bytes };
}

async function inProcess(name: string, folder: string): Promise<Figures> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "--measure", name, folder],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function report(share: number, parent: string): Promise<void> {
  const dim = Math.round(CHANNELS * share);
  const folder = await Deno.makeTempDir({ dir: parent, prefix: "wsvad_time_data_" });
  try {
    console.error(`making the set with ${dim} channels in ${folder}`);
    await make(folder, dim);
    const { load, logicalCores } = currentLoad();
    console.log(`${dim} channels; load ${load.toFixed(1)} on ${logicalCores} cores`);
    console.log("what | cat, MB/s | open, s | epochs, s | MB/s of values | peak, MB");
    for (const [name, settings] of Object.entries(settingsOf(folder))) {
      const plain = await cat(settings.train!);
      const { openSeconds, seconds, bytes, peakBytes } = await inProcess(name, folder);
      console.log([
        `${name} (${(plain.bytes / 1e6).toFixed(0)} MB)`,
        plain.rate.toFixed(0),
        openSeconds.toFixed(2),
        seconds.map((time) => time.toFixed(2)).join(", "),
        seconds.map((time) => (bytes / 1e6 / time).toFixed(0)).join(", "),
        (peakBytes / 1e6).toFixed(0),
      ].join(" | "));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (Deno.args[0] === "--measure") {
  const [, name, folder] = Deno.args;
  console.log(JSON.stringify(await measure(settingsOf(folder)[name])));
} else {
  const usage = "time:data [SHARE, above 0 and at most 1] [FOLDER]";
  const [share = "0.25", parent = Deno.env.get("TMPDIR") ?? "/tmp"] = taskWords(usage).positionals;
  if (!(Number(share) > 0 && Number(share) <= 1)) endWithUsage(usage);
  await report(Number(share), parent);
}
