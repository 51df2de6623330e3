import { createHash } from "node:crypto";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  buildGroundTruth,
  type GroundTruthRequest,
} from "../../src/commands/build_ground_truth.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { readNpy } from "../../src/io/npy.ts";
import { registry as catalog } from "../../src/model/registry.ts";
import { groundTruthRules } from "../../src/sets/ground_truth.ts";
import { writeText } from "../data/temporary_features.ts";
import golden from "../golden/gt/ucf_rules.json" with { type: "json" };
import { writeField } from "../support/field_inputs.ts";
import { hasShared, shared } from "../support/shared.ts";
import { withFolder } from "../support/temporary_folder.ts";

const configured = (folder: string, ...settings: string[]) =>
  resolveConfig({
    overrides: ["runner=mil", "data=features", `data.root=${folder}`, ...settings],
    catalog,
  });
const build = (
  folder: string,
  request: Partial<GroundTruthRequest>,
  ...settings: string[]
) => buildGroundTruth(configured(folder, ...settings), { overwrite: false, ...request });

Deno.test("buildGroundTruth() writes what a run reads back as the same labels", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    const truthOf = async (...settings: string[]) =>
      (await openDataset(configured(folder, ...settings).data)).test
        .map((video) => [video.id, video.groundTruth(video.groundTruthFrames(0) / 16 || 60)]);
    for (const rule of ["rtfm_inclusive_ceil", "vadclip_half_open_floor"] as const) {
      const vector = `${folder}/${rule}.npy`, vectors = `${folder}/${rule}`;
      const report = await build(folder, { rule, vector, folder: vectors });
      assertEquals([report.rule, report.frames], [rule, 8448]);
      const ends = rule === "rtfm_inclusive_ceil" ? 701 : 700;
      assertEquals(report.videos[0].intervals, [{ start: 600, end: ends }]);
      assertEquals(report.abnormal, 3 * (ends - 600) + ends - 650);
      const own = await truthOf(`data.ground_truth_rule=${rule}`);
      const list = `data.ground_truth_list=${vector.replace(".npy", ".list")}`;
      assertEquals(await truthOf("data.annotations=null", `data.ground_truth=${vectors}`), own);
      assertEquals(
        await truthOf("data.annotations=null", `data.ground_truth=${vector}`, list),
        own,
      );
      assertEquals((await readNpy(vector)).dtype, "u1");
    }
  }));

Deno.test("buildGroundTruth() overwrites nothing unasked, and writes all or nothing", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    const vector = `${folder}/gt.npy`, list = `${folder}/gt.list`;
    await Deno.writeTextFile(list, "mine");
    await assertRejects(() => build(folder, { vector }), Error, 'gt.list": it exists');
    await Deno.remove(list);
    await writeText(folder, "gt/mine.txt", "mine");
    await assertRejects(
      () => build(folder, { vector, folder: `${folder}/gt` }),
      Error,
      "holds files",
    );
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assertEquals(names(), ["annotations.txt", "gt", "test", "train"]);
    const anew = { vector, folder: `${folder}/gt`, overwrite: true };
    await assertRejects(() => build(folder, anew), Error, '"mine.txt" in it is nothing that is');
    await Deno.rename(`${folder}/gt/mine.txt`, `${folder}/gt/old.npy`);
    await build(folder, anew);
    assertEquals([...Deno.readDirSync(`${folder}/gt`)].length, 9);
    await build(folder, { vector, rule: "vadclip_half_open_floor", overwrite: true });
    assertEquals(names(), ["annotations.txt", "gt", "gt.list", "gt.npy", "test", "train"]);
    await assertRejects(() => build(folder, { vector: `${folder}/gt.txt` }), Error, "end in .npy");
  }));

Deno.test("buildGroundTruth() tells each video, and what cannot be right", () =>
  withFolder(async (folder) => {
    await writeField(folder, 32);
    const { videos, warnings } = await build(folder, {});
    const { id, snippets, frames, videoFrames, cut } = videos[0];
    assertEquals([id, snippets, frames, videoFrames, cut], ["Abuse100_x264", 30, 480, 960, 101]);
    assertMatch(warnings.join("\n"), /3 of 8 videos are abnormal and have no abnormal frame/);
    assertMatch(warnings.join("\n"), /3 of 8 videos have annotated frames behind their last/);
    const every32 = await build(folder, {}, "eval.frames_per_snippet=32");
    assertEquals([every32.frames, every32.warnings], [8448, []]);
    const rows = await Deno.readTextFile(`${folder}/annotations.txt`);
    await Deno.writeTextFile(`${folder}/annotations.txt`, rows.split("\n").slice(1).join("\n"));
    await assertRejects(() => build(folder, {}), Error, "1 of 8 test videos");
    const own = ["data.classes=xd_violence", "data.annotations=null"];
    await assertRejects(() => build(folder, {}, ...own), Error, "no frame ground truth");
    const list = await writeText(folder, "some.txt", "Abuse101_x264\nAbuse777_x264\n");
    await assertRejects(() => build(folder, { list }), RangeError, "Abuse777_x264");
    const some = await writeText(folder, "two.txt", "Abuse102_x264\nAbuse101_x264\n");
    const ordered = await build(folder, { list: some });
    assertEquals(ordered.videos.map(({ id }) => id), ["Abuse102_x264", "Abuse101_x264"]);
  }));

Deno.test({
  name: "buildGroundTruth() gives the official vectors, in the order of the official list",
  ignore: !hasShared,
  fn: () =>
    withFolder(async (folder) => {
      for (const rule of groundTruthRules) {
        const expected = golden.rules[rule];
        const list = await writeText(
          folder,
          "official.list",
          expected.videos.map(([id]) => `x/${id}_i3d.npy\n`).join(""),
        );
        const vector = `${folder}/${rule}.npy`;
        const report = await build(
          shared("data/ucf_crime"),
          { rule, list, vector },
          "data.test=null",
          "data.train=null",
          "data.annotations=UCF_Annotation_with_frames.txt",
        );
        assertEquals([report.frames, report.abnormal], [expected.total, expected.positive]);
        const { data } = await readNpy(vector);
        assert(data instanceof Uint8Array);
        const hash = createHash("sha256").update(data).digest("hex");
        assertEquals(hash, expected.sha256_of_bytes_in_list_order, rule);
      }
    }),
});
