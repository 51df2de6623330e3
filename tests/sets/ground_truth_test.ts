import { createHash } from "node:crypto";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseUcfAnnotations } from "../../src/sets/annotations.ts";
import {
  type GroundTruth,
  groundTruthFor,
  groundTruthRules,
  parseGroundTruth,
  shanghaitechGroundTruth,
  xdGroundTruth,
} from "../../src/sets/ground_truth.ts";
import golden from "../golden/gt/ucf_rules.json" with { type: "json" };
import { hasShared, shared } from "../support/shared.ts";

/** One byte a frame. */
function expand({ frames, intervals }: GroundTruth): Uint8Array {
  const labels = new Uint8Array(frames);
  for (const { start, end } of intervals) labels.fill(1, start, end);
  return labels;
}

function positives({ intervals }: GroundTruth): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

const abuse = { id: "Abuse028_x264", className: "Abuse", frames: 1412, events: [[165, 240]] } as {
  id: string;
  className: string;
  frames: number;
  events: [number, number][];
};

Deno.test({
  name: "groundTruthFor() gives the totals and hashes of all 290 videos for the three rules",
  ignore: !hasShared,
  fn() {
    const text = Deno.readTextFileSync(shared("data/ucf_crime/UCF_Annotation_with_frames.txt"));
    const annotations = new Map(parseUcfAnnotations(text).map((row) => [row.id, row]));
    for (const rule of groundTruthRules) {
      const expected = golden.rules[rule];
      const hash = createHash("sha256");
      let total = 0;
      let positive = 0;
      for (const [id, frames, positiveFrames] of expected.videos as [string, number, number][]) {
        const truth = groundTruthFor(annotations.get(id)!, rule, null);
        assertEquals([truth.frames, positives(truth)], [frames, positiveFrames], `${rule} ${id}`);
        hash.update(expand(truth));
        total += truth.frames;
        positive += positives(truth);
      }
      assertEquals([total, positive], [expected.total, expected.positive], rule);
      assertEquals(hash.digest("hex"), expected.sha256_of_bytes_in_list_order, rule);
    }
  },
});

Deno.test("groundTruthFor() reads the same event by each rule", () => {
  const truths = groundTruthRules.map((rule) => groundTruthFor(abuse, rule, null));
  assertEquals(truths, [
    { frames: 1424, intervals: [{ start: 165, end: 241 }] },
    { frames: 1408, intervals: [{ start: 165, end: 240 }] },
    { frames: 1412, intervals: [{ start: 164, end: 240 }] },
  ]);
});

Deno.test("groundTruthFor() takes the grid from the features where they tell it", () => {
  assertEquals(groundTruthFor(abuse, "rtfm_inclusive_ceil", 88).frames, 1408);
  assertEquals(groundTruthFor(abuse, "vadclip_half_open_floor", 89).frames, 1424);
  assertEquals(groundTruthFor(abuse, "original_one_based_inclusive", 89).frames, 1412);
});

Deno.test("groundTruthFor() clips events to the grid, unites overlaps and drops what lies past it", () => {
  const events: [number, number][] = [[300, 400], [20, 40], [10, 25]];
  assertEquals(groundTruthFor({ ...abuse, events }, "rtfm_inclusive_ceil", 2), {
    frames: 32,
    intervals: [{ start: 10, end: 32 }],
  });
});

Deno.test("groundTruthFor() starts at frame 0 when an event starts at 0 or 1 by the original rule", () => {
  for (const start of [0, 1]) {
    const truth = groundTruthFor(
      { ...abuse, events: [[start, 5]] },
      "original_one_based_inclusive",
      null,
    );
    assertEquals(truth.intervals, [{ start: 0, end: 5 }]);
  }
});

Deno.test("groundTruthFor() asks for frame counts where a rule needs them", () => {
  const bare = { id: "Abuse028_x264", className: "Abuse", events: abuse.events };
  assertEquals(groundTruthFor(bare, "rtfm_inclusive_ceil", 89).frames, 1424);
  for (const rule of groundTruthRules) {
    assertThrows(() => groundTruthFor(bare, rule, null), RangeError, '"Abuse028_x264"');
  }
  assertThrows(
    () => groundTruthFor(bare, "original_one_based_inclusive", 89),
    RangeError,
    "with frame counts",
  );
});

Deno.test("xdGroundTruth() excludes ends and unites overlapping events", () => {
  assertEquals(xdGroundTruth([[20, 25], [0, 10], [5, 12], [6, 8], [12, 13], [60, 90]], 4), {
    frames: 64,
    intervals: [{ start: 0, end: 13 }, { start: 20, end: 25 }, { start: 60, end: 64 }],
  });
});

Deno.test("shanghaitechGroundTruth() extends a mask by its last value", () => {
  const ends1 = { frames: 20, intervals: [{ start: 3, end: 5 }, { start: 18, end: 20 }] };
  assertEquals(shanghaitechGroundTruth("01_0014", ends1, 2), {
    frames: 32,
    intervals: [{ start: 3, end: 5 }, { start: 18, end: 32 }],
  });
  const ends0 = { frames: 20, intervals: [{ start: 3, end: 5 }] };
  assertEquals(shanghaitechGroundTruth("01_0014", ends0, 2), { ...ends0, frames: 32 });
  assertEquals(ends1.intervals[1].end, 20, "the mask itself stays");
});

Deno.test("shanghaitechGroundTruth() refuses a mask longer than the features", () => {
  assertThrows(
    () => shanghaitechGroundTruth("01_0014", { frames: 33, intervals: [] }, 2),
    RangeError,
    'frame mask of "01_0014"',
  );
});

Deno.test({
  name: "shanghaitechGroundTruth() reproduces the official vector of the 44 anomalous clips",
  ignore: !hasShared,
  fn() {
    const read = (path: string) => Deno.readTextFileSync(shared(path));
    const ids = read("data/shanghaitech/test_ids.txt").trim().split("\n");
    const { masks } = JSON.parse(read("data/shanghaitech/frame_masks.json"));
    const expected = JSON.parse(read("golden/gt/shanghaitech.json"));
    const labels = new Uint8Array(expected.total);
    let frames = 0;
    for (const id of ids.slice(0, 44)) {
      const events: [number, number][] = masks[id].events;
      const intervals = events.map(([start, end]) => ({ start, end }));
      const mask = { frames: masks[id].frames, intervals };
      const truth = shanghaitechGroundTruth(id, mask, Math.ceil(mask.frames / 16));
      labels.set(expand(truth), frames);
      frames += truth.frames;
    }
    assertEquals(frames, expected.abnormal_frames);
    assertEquals(labels.reduce((sum, label) => sum + label, 0), expected.positive);
    assertEquals(createHash("sha256").update(labels).digest("hex"), expected.sha256_of_bytes);
  },
});

Deno.test("parseGroundTruth() turns lists of 0 and 1 into intervals", () => {
  const text = '{"a_i3d.npy": [0,1,1,0,1], "b_i3d.npy": {"labels": [1.0, 0]}, "c_i3d.npy": [0]}';
  const videos = parseGroundTruth(text, "gt.json", (key) => key.replace("_i3d.npy", ""));
  assertEquals([...videos], [
    ["a", { frames: 5, intervals: [{ start: 1, end: 3 }, { start: 4, end: 5 }] }],
    ["b", { frames: 2, intervals: [{ start: 0, end: 1 }] }],
    ["c", { frames: 1, intervals: [] }],
  ]);
});

Deno.test("parseGroundTruth() says what is wrong with the file", () => {
  for (
    const [text, problem] of [
      ['{"a": [0,', "it is not JSON"],
      ["[0, 1]", "one long list without video names"],
      ["null", "expected an object"],
      ['{"a": []}', 'under "a"'],
      ['{"a": null}', 'under "a"'],
      ['{"a": [0, 2]}', 'under "a", found 2 at frame 1'],
      ['{"a": [0, "1"]}', 'found "1" at frame 1'],
    ]
  ) {
    const error = assertThrows(() => parseGroundTruth(text, "gt.json"), SyntaxError, problem);
    assertStringIncludes(error.message, 'Cannot read ground truth "gt.json": ');
  }
  assertThrows(
    () => parseGroundTruth('{"a.npy": [0], "a_i3d.npy": [0]}', "gt.json", () => "a"),
    SyntaxError,
    'two keys stand for the video "a"',
  );
});
