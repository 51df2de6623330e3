import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { scoreFiles, type ScoreRequest } from "../../src/commands/score_files.ts";
import { isFault } from "../../src/fault.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { writeFeatures, writeText } from "../data/temporary_features.ts";
import { fieldFrames, writeField } from "../support/field_inputs.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const request = (folder: string, change: Partial<ScoreRequest>): ScoreRequest => ({
  checkpoint: join(folder, "run"),
  paths: [],
  overrides: [],
  configDirs: [],
  out: join(folder, "scores"),
  formats: ["json"],
  top: 3,
  overwrite: true,
  device: { device: "cpu", blas: "off" },
  progress: silent,
  ...change,
});

/** A run of a model for four channels and any number of crops. */
async function trainFor(folder: string, crops: number): Promise<void> {
  Deno.mkdirSync(join(folder, "run"));
  await trainInto(
    join(folder, "run"),
    smallConfig("data.dim=4", `data.crops=${crops}`, "trainer.max_steps=1"),
  );
}

const truthIn = (folder: string, id: string) =>
  JSON.parse(Deno.readTextFileSync(join(folder, "scores", `${id}.json`))).ground_truth;

Deno.test("score groups crops by their numbers or by --layout, and each video finds its annotation", async () => {
  await withFolder(async (folder) => {
    await trainFor(folder, 5);
    const names: Record<string, (crop: number) => string> = {
      numbered: (crop) => `_${crop}.npy`,
      underscores: (crop) => `__${crop}.npy`,
      i3d: (crop) => `_i3d_${crop}.npy`,
    };
    for (const [name, ending] of Object.entries(names)) {
      for (const video of ["Abuse000", "Abuse001"]) {
        for (let crop = 0; crop < 5; crop++) {
          await writeFeatures(folder, `${name}/${video}${ending(crop)}`, "TD", [10, 4]);
        }
      }
    }
    const annotations = await writeText(
      folder,
      "events.txt",
      "Abuse000.mp4 160 Abuse 20 40 -1 -1\nAbuse001.mp4 160 Abuse 60 70 -1 -1\n",
    );
    const overrides = [`data.annotations=${annotations}`];
    const score = (name: string, change: Partial<ScoreRequest> = {}) =>
      scoreFiles(request(folder, { paths: [join(folder, name)], overrides, ...change }));
    for (const name of Object.keys(names)) {
      const layout = name === "numbered" ? undefined : "per_crop";
      const { files, warnings } = await score(name, { layout });
      assertEquals(files.map(({ id }) => id), ["Abuse000", "Abuse001"], name);
      assertEquals(warnings, []);
      assertEquals(truthIn(folder, "Abuse000"), [[20, 41]]);
    }
    // A crop that is scored by itself is of the same video.
    const apart = await score("underscores", { overrides: [...overrides, "data.crops=1"] });
    assertEquals(apart.files.length, 10);
    assertEquals(apart.files[3].id, "Abuse000__3");
    assertEquals(truthIn(folder, "Abuse001__4"), [[60, 71]]);
    assert(apart.warnings[0].includes("10 of these files are single crops of 2 videos"));
  });
});

Deno.test("score says in train's words that annotated videos and their features differ in length", async () => {
  await withFolder(async (folder) => {
    await trainFor(folder, 2);
    await writeField(folder, 32);
    const score = (overrides: string[]) =>
      scoreFiles(request(folder, {
        paths: [join(folder, "test")],
        overrides: [`data.annotations=${join(folder, "annotations.txt")}`, ...overrides],
      }));
    const { warnings } = await score([]);
    assertEquals(warnings.length, 1);
    for (
      const words of [
        "features and frames of 8 of 8 test videos differ in length",
        `16 x 30 = 480 frames, the video has ${fieldFrames(0)}`,
        "3 of 4 events lie behind the last snippet",
        "set eval.frames_per_snippet=32",
      ]
    ) assert(warnings[0].includes(words), warnings[0]);
    assertEquals((await score(["eval.frames_per_snippet=32"])).warnings, []);
  });
});

Deno.test("score reads odd feature files, or refuses them with what to do", async () => {
  await withFolder(async (folder) => {
    await trainFor(folder, 10);
    const values = Float32Array.from({ length: 20 * 10 * 4 }, (_, i) => i % 7);
    const good = encodeNpy([20, 10, 4], values);
    const nan = values.slice();
    nan[123] = NaN;
    /** The file with other words in its header. */
    const renamed = (from: string, to: string) => {
      const bytes = good.slice();
      const text = String.fromCharCode(...bytes.subarray(0, 128));
      bytes.set(new TextEncoder().encode(to), text.indexOf(from));
      return bytes;
    };
    const odd: Record<string, [Uint8Array, string | number]> = {
      "fortran.npy": [renamed("False", "True "), 20],
      "bigendian.npy": [renamed("<f4", ">f4"), 20],
      "plus1.npy": [encodeNpy([20, 10, 5], new Float32Array(1000)), 20],
      "crops_first.npy": [encodeNpy([10, 20, 4], values), 20],
      "one_snippet.npy": [encodeNpy([1, 10, 4], values.slice(0, 40)), 1],
      "v=S-7rRLrxnVQ__#1_label_B4-0-0.npy": [good, 20],
      "ten_ten.npy": [encodeNpy([10, 10, 4], values.slice(0, 400)), "give --layout"],
      "nan.npy": [encodeNpy([20, 10, 4], nan), "the value at [3, 0, 3] is NaN"],
      "empty.npy": [new Uint8Array(0), "the file is empty"],
      "cut.npy": [good.slice(0, -100), "cut short"],
      "objects.npy": [renamed("<f4", "|O "), "pickled Python objects"],
      "gt-ucf.npy": [encodeNpy([7680], new Float32Array(7680)), "gt-ucf.npy holds ground truth"],
      "model.pkl": [
        new TextEncoder().encode(`PK\x03\x04${"\0".repeat(22)}\x10\0\0\0archive/data.pkl`),
        "PyTorch",
      ],
    };
    for (const [name, [bytes, right]] of Object.entries(odd)) {
      const path = join(folder, name);
      Deno.writeFileSync(path, bytes);
      const score = () => scoreFiles(request(folder, { paths: [path] }));
      if (typeof right === "number") {
        const { files } = await score();
        assertEquals([files[0].id, files[0].snippets], [name.replace(/\.npy$/, ""), right]);
      } else {
        const error = await assertRejects(score, Error, right, name);
        assert(isFault(error), name);
        assert(error.message.includes(path), error.message);
      }
    }
  });
});

Deno.test("score looks for its files before the checkpoint", async () => {
  await withFolder(async (folder) => {
    const missing = join(folder, "nothing.npy");
    await assertRejects(
      () => scoreFiles(request(folder, { paths: [missing] })),
      Error,
      "nothing.npy",
    );
  });
});

Deno.test("score refuses an annotation file of the command line that does not exist", async () => {
  await withFolder(async (folder) => {
    await trainFor(folder, 1);
    const file = await writeFeatures(folder, "Abuse000.npy", "TD", [10, 4]);
    const lost = request(folder, { paths: [file], overrides: ["data.annotations=/no/such.txt"] });
    const error = await assertRejects(() => scoreFiles(lost));
    assertEquals(isFault(error), true);
    assert(String(error).includes("Cannot find data.annotations=/no/such.txt"), String(error));
  });
});
