import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "node:path";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { isFault } from "../../src/fault.ts";
import { encodeNpy, type NpyData } from "../../src/io/npy.ts";
import { writeFeatures, writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const snippets = { Abuse001_x264: 3, Arson002_x264: 2, Normal_Videos_003_x264: 4 };
type Id = keyof typeof snippets;
const ids = Object.keys(snippets) as Id[];
const events: Record<Id, [number, number][]> = {
  Abuse001_x264: [[10, 30]],
  Arson002_x264: [[0, 4], [20, 32]],
  Normal_Videos_003_x264: [],
};

const open = (folder: string, change: Partial<DataConfig>) =>
  openDataset(dataSchema.parse({ source: "folder", root: folder, test: "test", ...change }));

async function refusal(folder: string, change: Partial<DataConfig>): Promise<string> {
  const error = await assertRejects(() => open(folder, change));
  assertEquals(isFault(error), true, String(error));
  return String(error);
}

async function truths(folder: string, change: Partial<DataConfig>) {
  const { test, warnings } = await open(folder, change);
  assertEquals(warnings, []);
  return test.map((video) => {
    const T = snippets[video.id as Id];
    return [
      video.id,
      video.groundTruthFrames(T),
      video.groundTruth(T).map(({ start, end }) => [start, end]),
    ];
  });
}
const expected = ids.map((id) => [id, 16 * snippets[id], events[id]]);

const labels = (id: Id) => {
  const values = new Uint8Array(16 * snippets[id]);
  for (const [start, end] of events[id]) values.fill(1, start, end);
  return values;
};

function writeVector(folder: string, name: string, values: NpyData, shape = [values.length]) {
  const path = join(folder, name);
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeFileSync(path, encodeNpy(shape, values));
}

async function writeVideos(folder: string): Promise<void> {
  for (const id of ids) await writeFeatures(folder, `test/${id}.npy`, "TND", [snippets[id], 2, 4]);
}

Deno.test("ground truth is read from a folder of vectors, as PEL4VAD names them and of any kind", async () => {
  await withFolder(async (folder) => {
    await writeVideos(folder);
    const forms: [string, (id: Id) => NpyData][] = [
      ["__9_gt.npy", (id) => Float64Array.from(labels(id))],
      [".npy", labels],
      ["_gt.npy", (id) => BigInt64Array.from([...labels(id)].map(BigInt))],
    ];
    for (const [i, [ending, values]] of forms.entries()) {
      for (const id of ids) writeVector(folder, `gt${i}/${id}${ending}`, values(id));
      assertEquals(await truths(folder, { ground_truth: `gt${i}` }), expected, ending);
    }
    writeVector(folder, "gt0/sub/Abuse001_x264.npy", labels("Abuse001_x264"));
    assert((await refusal(folder, { ground_truth: "gt0" })).includes("stand for the video"));
    writeVector(folder, "gt1/Abuse001_x264.npy", labels("Abuse001_x264"), [3, 16]);
    assert((await refusal(folder, { ground_truth: "gt1" })).includes("shape [3, 16]"));
    writeVector(folder, "gt2/Abuse001_x264_gt.npy", Float32Array.of(0, 0.5));
    assert((await refusal(folder, { ground_truth: "gt2" })).includes("found 0.5 at frame 1"));
    assert((await refusal(folder, { ground_truth: "test" })).includes("Cannot read ground truth"));
  });
});

Deno.test("XD-Violence's vectors by video carry a crop number", async () => {
  await withFolder(async (folder) => {
    const id = "A.Beautiful.Mind.2001__#00-25-20_00-29-20_label_G-0-0";
    await writeFeatures(folder, `test/${id}__0.npy`, "TD", [2, 4]);
    writeVector(
      folder,
      `xd-gt/${id}__0.npy`,
      Float64Array.from({ length: 32 }, (_, t) => +(t > 9)),
    );
    const { test } = await open(folder, { classes: "xd_violence", ground_truth: "xd-gt" });
    assertEquals(test.map((video) => [video.id, video.groundTruth(2)]), [[
      id,
      [{ start: 10, end: 32 }],
    ]]);
  });
});

Deno.test("one vector is cut by its list: by the features' lengths, or by lengths in the list", async () => {
  await withFolder(async (folder) => {
    await writeVideos(folder);
    const order: Id[] = ["Arson002_x264", "Abuse001_x264", "Normal_Videos_003_x264"];
    writeVector(folder, "gt.npy", Float64Array.from(order.flatMap((id) => [...labels(id)])));
    const lists = {
      official: order.map((id) => `G:\\UCF\\${id}_i3d.npy`),
      crops: order.flatMap((id) => [`test/${id}.npy`, `test/${id}__1.npy`]),
      spaces: order.map((id) => `${id} ${16 * snippets[id]}`),
      csv: ["video,frames", ...order.map((id) => `"${id}",${16 * snippets[id]}`)],
    };
    for (const [name, rows] of Object.entries(lists)) {
      await writeText(folder, `${name}.txt`, rows.join("\n"));
      const change = { ground_truth: "gt.npy", ground_truth_list: `${name}.txt` };
      assertEquals(await truths(folder, change), expected, name);
    }
    // Of a subset only a list with lengths can be cut.
    await Deno.remove(join(folder, "test/Arson002_x264.npy"));
    const left = [expected[0], expected[2]];
    const cut = (list: string) => ({ ground_truth: "gt.npy", ground_truth_list: `${list}.txt` });
    assertEquals(await truths(folder, cut("spaces")), left);
    const text = await refusal(folder, cut("official"));
    assert(text.includes("length of 1 of its 3 videos is unknown"), text);
    assert(text.includes('"Arson002_x264"'), text);
  });
});

Deno.test("one vector is refused without its list, in another order, and of another length", async () => {
  await withFolder(async (folder) => {
    await writeVideos(folder);
    writeVector(folder, "gt.npy", Float64Array.from(ids.flatMap((id) => [...labels(id)])));
    const alone = await refusal(folder, { ground_truth: "gt.npy" });
    assert(alone.includes("data.ground_truth_list"), alone);
    const cut = { ground_truth: "gt.npy", ground_truth_list: "list.txt" };
    await writeText(folder, "list.txt", [ids[2], ids[1], ids[0]].join("\n"));
    const order = await refusal(folder, cut);
    assert(order.includes("1 normal videos would have anomalous frames"), order);
    await writeText(folder, "list.txt", ids.slice(0, 2).join("\n"));
    const short = await refusal(folder, cut);
    assert(short.includes("have 80 frames, 16 for each snippet"), short);
    await writeText(
      folder,
      "list.txt",
      [ids[0], ids[1], ids[0]].map((id, i) => `${id}_${i}.npy`).join("\n"),
    );
    assert((await refusal(folder, cut)).includes("comes back after others"));
    await writeText(folder, "gt.json", "{}");
    const useless = await refusal(folder, { ...cut, ground_truth: "gt.json" });
    assert(useless.includes("it tells the videos of one long vector"), useless);
  });
});
