import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { parseUcfAnnotations, parseXdAnnotations } from "../../src/sets/annotations.ts";
import { hasShared, shared } from "../support/shared.ts";

Deno.test("parseUcfAnnotations() reads the official form without frame counts", () => {
  const text = "Abuse028_x264.mp4  Abuse  165  240  -1  -1  \r\n" +
    "Normal_Videos_003_x264  Normal  -1  -1  -1  -1  \n" +
    "Burglary021_x264.mp4  Burglary  60  200  840  1340  ";
  assertEquals(parseUcfAnnotations(text), [
    { id: "Abuse028_x264", className: "Abuse", events: [[165, 240]] },
    { id: "Normal_Videos_003_x264", className: "Normal", events: [] },
    { id: "Burglary021_x264", className: "Burglary", events: [[60, 200], [840, 1340]] },
  ]);
});

Deno.test("parseUcfAnnotations() reads the form with folder and frame count", () => {
  const text = "\uFEFFArson/Arson022_x264.mp4 8640 Arson 3500 4000 -1 -1 \n\n" +
    "G:\\UCF\\Normal_Videos_872_x264.mp4 530 Normal -1 -1 -1 -1 \n";
  assertEquals(parseUcfAnnotations(text), [
    { id: "Arson022_x264", className: "Arson", frames: 8640, events: [[3500, 4000]] },
    { id: "Normal_Videos_872_x264", className: "Normal", frames: 530, events: [] },
  ]);
});

Deno.test({
  name: "parseUcfAnnotations() reads both official files to the same 290 videos",
  ignore: !hasShared,
  fn() {
    const read = (file: string) =>
      new Map(
        parseUcfAnnotations(Deno.readTextFileSync(shared(`data/ucf_crime/${file}`)))
          .map((annotation) => [annotation.id, annotation]),
      );
    const bare = read("Temporal_Anomaly_Annotation.txt");
    const withFrames = read("UCF_Annotation_with_frames.txt");
    const expected: { video: string; class: string; frames: number; events: [number, number][] }[] =
      JSON.parse(Deno.readTextFileSync(shared("data/ucf_crime/test_videos.json"))).videos;
    assertEquals(bare.size, 290);
    assertEquals(withFrames.size, 290);
    for (const { video, class: className, frames, events } of expected) {
      assertEquals(bare.get(video), { id: video, className, events });
      assertEquals(withFrames.get(video), { id: video, className, events, frames });
    }
  },
});

Deno.test("parseUcfAnnotations() names the line and what is wrong with it", () => {
  const good = "Abuse028_x264.mp4  Abuse  165  240  -1  -1\n";
  const cases: [line: string, problem: string][] = [
    ["Abuse030_x264.mp4  Abuse  1275  1360", "found 4 fields"],
    ["Abuse030_x264.mp4  Abuse  1275  1360  -1  -1  -1  -1", "found 8 fields"],
    ["Abuse030_x264.mp4  Abuse  1275  13.60  -1  -1", 'expected a whole number, found "13.60"'],
    ["Abuse030_x264.mp4  12  1275  1360  -1  -1", 'found "12"'],
    ["Abuse030_x264.mp4  Abuse  1360  1275  -1  -1", "found the event 1360 1275"],
    ["Abuse030_x264.mp4  Abuse  -1  1275  -1  -1", "found the event -1 1275"],
    ["Abuse030_x264.mp4  Abuse  -1  -1  5  9", "the second event 5 9 has no first event"],
    ["Normal_Videos_003_x264.mp4  Normal  5  9  -1  -1", "a Normal video cannot have events"],
    ["A/Abuse030_x264.mp4 0 Abuse 5 9 -1 -1", "frame count of at least 1"],
    ["A/Abuse030_x264.mp4 1,5 Abuse 5 9 -1 -1", 'found "1,5"'],
    ["A/Abuse030_x264.mp4 100 Abuse 105 109 -1 -1", "starts after the last of 100 frames"],
    ["Abuse028_x264.mp4  Abuse  1  2  -1  -1", "was annotated on line 1 already"],
  ];
  for (const [line, problem] of cases) {
    const error = assertThrows(() => parseUcfAnnotations(good + line, "a.txt"), SyntaxError);
    assertStringIncludes(error.message, 'Cannot read annotations "a.txt", line 2: ');
    assertStringIncludes(error.message, problem);
    assertEquals(isFault(error), true);
  }
});

Deno.test("parseUcfAnnotations() refuses a text without videos", () => {
  assertThrows(() => parseUcfAnnotations("\n \n"), SyntaxError, "found none");
});

Deno.test("parseXdAnnotations() reads pairs and triples", () => {
  const name = "v=S-7rRLrxnVQ__#1_label_B4-0-0";
  assertEquals(parseXdAnnotations(`${name}.mp4 0 1517 1970 3038`), [
    { id: name, events: [[0, 1517], [1970, 3038]] },
  ]);
  assertEquals(parseXdAnnotations(`${name} B4 0 1517 G 970 3038\n`), [
    { id: name, events: [[0, 1517], [970, 3038]], codes: ["B4", "G"] },
  ]);
});

Deno.test({
  name: "parseXdAnnotations() reads the 500 rows of both official files",
  ignore: !hasShared,
  fn() {
    for (const file of ["annotations.txt", "annotations_multiclasses.txt"]) {
      const rows = parseXdAnnotations(Deno.readTextFileSync(shared(`data/xd_violence/${file}`)));
      const ids = Deno.readTextFileSync(shared("data/xd_violence/test_ids.txt")).trim().split("\n");
      assertEquals(new Set(rows.map((row) => row.id)), new Set(ids.slice(0, 500)), file);
    }
  },
});

Deno.test("parseXdAnnotations() names the line and what is wrong with it", () => {
  for (
    const [line, problem] of [
      ["x_label_G", "found 1 fields"],
      ["x_label_G 5", "start end"],
      ["x_label_G G 5", "<code> start end"],
      ["x_label_G B3 5 9", 'found "B3"'],
      ["x_label_G 9 5", "found the event 9 5"],
    ]
  ) {
    const error = assertThrows(() => parseXdAnnotations(`\n${line}`), SyntaxError, problem);
    assertStringIncludes(error.message, "line 2");
  }
});
