import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { type DataConfig, dataSchema } from "../../src/config/schema/data.ts";
import { readAnnotations } from "../../src/data/annotation_files.ts";
import { isFault } from "../../src/fault.ts";
import { mat, matNumbers, matStruct, matText } from "../io/small_tensor_files.ts";
import { writeText } from "./temporary_features.ts";
import { withFolder } from "../support/temporary_folder.ts";

const read = (path: string, classes: DataConfig["classes"] = "ucf_crime") =>
  readAnnotations(dataSchema.parse({ source: "folder", classes }), path);

/** As RTFM's list/Matlab_formate: a struct of two texts and events. */
const matFile = (video: string, event: string, events: number[][]) =>
  mat(matStruct("Annotation_file", {
    VideoName: matText("", video),
    EventName: matText("", event),
    Anno: matNumbers("", events.length, events.flat()),
  }));

Deno.test("readAnnotations reads a folder of MATLAB files as the text of the same events", async () => {
  await withFolder(async (folder) => {
    const rows: [string, string, number[][]][] = [
      ["Abuse028_x264", "Abuse", [[165, 240]]],
      ["Arson011_x264", "Arson", [[150, 420], [680, 1267]]],
      ["Normal_Videos_003_x264", "Normal", [[-1, -1]]],
    ];
    for (const [id, event, events] of rows) {
      Deno.writeFileSync(join(folder, `${id}.mat`), matFile(`${id}.mp4`, event, events));
    }
    const text = rows.map(([id, event, events]) =>
      `${id}.mp4  ${event}  ${[...events, [-1, -1]].slice(0, 2).flat().join("  ")}  `
    ).join("\n");
    const file = await writeText(folder, "events.txt", text);
    assertEquals(await read(folder), await read(file));
    assertEquals((await read(folder))[1].events, [[150, 420], [680, 1267]]);
  });
});

Deno.test("readAnnotations names the file of a folder that is none, and refuses other folders", async () => {
  await withFolder(async (folder) => {
    const refusal = async (path: string, classes?: DataConfig["classes"]) => {
      const error = await assertRejects(() => read(path, classes));
      assertEquals(isFault(error), true, String(error));
      return String(error);
    };
    assert((await refusal(folder)).includes("expected a .mat file a video, found none"));
    assert((await refusal(folder, "xd_violence")).includes("it is a folder"));
    Deno.writeFileSync(join(folder, "Abuse001_x264.mat"), matFile("a.mp4", "Abuse", [[9, 3]]));
    assert((await refusal(folder)).includes("Abuse001_x264.mat"));
    Deno.writeFileSync(
      join(folder, "Abuse001_x264.mat"),
      matFile("a.mp4", "Abuse", [[1, 3], [4, 5], [6, 7]]),
    );
    assert((await refusal(folder)).includes("one or two events"));
  });
});
