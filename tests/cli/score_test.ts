import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { encodeNpy } from "../../src/io/npy.ts";
import { wsvad } from "./run_wsvad.ts";

const [crops, snippets, dim] = [3, 7, 16];
const value = (n: number, t: number, d: number) => ((n * 31 + t * 7 + d * 3) % 11) / 4;

/** Values of axes in the given order, "NTD" or "TND"; without N, of crop 0. */
function features(axes: string, lengths: Record<string, number>): Float32Array {
  const sizes = { N: 1, ...lengths };
  const values: number[] = [];
  const walk = (depth: number, at: Record<string, number>) => {
    if (depth === axes.length) return void values.push(value(at.N ?? 0, at.T, at.D));
    for (let i = 0; i < sizes[axes[depth] as "N"]; i++) {
      walk(depth + 1, { ...at, [axes[depth]]: i });
    }
  };
  walk(0, {});
  return Float32Array.from(values);
}

async function write(folder: string, name: string, axes: string, lengths: Record<string, number>) {
  const shape = [...axes].map((axis) => lengths[axis]);
  const path = join(folder, name);
  await Deno.writeFile(path, encodeNpy(shape, features(axes, lengths)));
  return path;
}

/** A checkpoint of mil for features of `dim` channels, trained for one step. */
async function trained(folder: string): Promise<string> {
  const run = join(folder, "run");
  const small = "{videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}";
  const settings = [
    ...["--runner", "mil", `data.dim=${dim}`, `data.crops=${crops}`, `data.synthetic=${small}`],
    ...["data.batch_size=2", "trainer.max_steps=1", "--out", run, "--device", "cpu"],
  ];
  const { code, stderr } = await wsvad(["train", ...settings]);
  assertEquals(code, 0, stderr);
  return run;
}

async function inFolderWithRun(action: (folder: string, run: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "wsvad_score_" });
  try {
    await action(folder, await trained(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("wsvad score gives a video the same scores from every layout of its files", async () => {
  await inFolderWithRun(async (folder, run) => {
    const scoresOf = async (name: string, files: string[], ...flags: string[]) => {
      const out = join(folder, "scores", name);
      const args = ["-c", run, ...files, "--out", out, "--device", "cpu", "--json", ...flags];
      const { code, stdout, stderr } = await wsvad(["score", ...args]);
      assertEquals(code, 0, stderr);
      const [{ written }] = JSON.parse(stdout).files;
      assertEquals(written.map((path: string) => path.split(".").at(-1)), ["csv", "json", "svg"]);
      return JSON.parse(await Deno.readTextFile(written[1])).scores as number[];
    };
    const all = { N: crops, T: snippets, D: dim };
    const cropsFirst = await write(folder, "a.npy", "NTD", all);
    const snippetsFirst = await write(folder, "b.npy", "TND", all);
    const expected = await scoresOf("a", [cropsFirst], "--layout", "crops_first");
    assertEquals(expected.length, snippets);
    assert(new Set(expected).size > 1);
    assertEquals(await scoresOf("b", [snippetsFirst], "--layout", "snippets_first"), expected);

    const apart = await Promise.all([0, 1, 2].map(async (n) => {
      const path = join(folder, `v__${n}.npy`);
      const crop = features("NTD", all).subarray(n * snippets * dim, (n + 1) * snippets * dim);
      await Deno.writeFile(path, encodeNpy([snippets, dim], crop));
      return path;
    }));
    assertEquals(await scoresOf("crops", apart, "--layout", "per_crop"), expected);

    // One crop of the video, of whatever file: as that crop alone.
    const second = await scoresOf("second", [apart[1]], "--layout", "per_crop");
    assert(second.join() !== expected.join());
    for (
      const [at, [file, layout]]
        of ([[cropsFirst, "crops_first"], [snippetsFirst, "snippets_first"]] as const).entries()
    ) {
      const flags = ["--layout", layout, "data.test_crop=1"];
      assertEquals(await scoresOf(`second_${at}`, [file], ...flags), second);
    }
    assertEquals(
      await scoresOf("second_2", apart, "--layout", "per_crop", "data.test_crop=1"),
      second,
    );

    const half = encodeNpy([snippets, crops, dim], Float16Array.from(features("TND", all)));
    await Deno.writeFile(join(folder, "half.npy"), half);
    const halved = await scoresOf("half", [join(folder, "half.npy")], "--layout", "snippets_first");
    assertEquals(halved, expected); // quarters are exact in float16

    const one = await write(folder, "one.npy", "TD", { T: 1, D: dim });
    assertEquals((await scoresOf("one", [one])).length, 1);
  });
});

Deno.test("wsvad score refuses axes that can be read in two ways, with the flag to give", async () => {
  await inFolderWithRun(async (folder, run) => {
    const path = await write(folder, "a.npy", "NTD", { N: 4, T: 4, D: dim });
    const { code, stderr } = await wsvad(["score", "-c", run, path, "--out", join(folder, "out")]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "give --layout crops_first|snippets_first");
    const crops = ["v__0.npy", "v__1.npy"].map((name) =>
      write(folder, name, "TD", { T: 2, D: dim })
    );
    const files = await Promise.all(crops);
    const scored = await wsvad(["score", "-c", run, ...files, "--out", join(folder, "crops")]);
    assertStringIncludes(scored.stdout, "2 videos, for each ");
    assertStringIncludes(scored.stderr, "--layout per_crop scores them together");
  });
});
