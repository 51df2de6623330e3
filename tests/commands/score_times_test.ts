/** Times of videos whose frames are not evenly apart, in all that is written of them. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import {
  type AlarmRule,
  eventsOf,
  tableOfEvents,
  tableOfScores,
  writeOverview,
} from "../../src/commands/score_overview.ts";
import { scoreSteps, snippetBounds } from "../../src/frames/frame_bounds.ts";
import { scoresJson, type VideoScores } from "../../src/report/score_files.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** 0.1 s apart up to frame 9, 2 s from there on. */
const times = Float64Array.from({ length: 16 }, (_, i) => i < 10 ? i / 10 : 1 + (i - 10) * 2);
const scores = Float32Array.from([0.125, 0.75, 0.25, 0.875]);
const bounds = snippetBounds(4, 4);
const clock = { fps: 2, times };
const alarm: AlarmRule = { threshold: 0.5, rule: "0.5", gapSeconds: 0, holdSeconds: 0 };

const steps = scoreSteps(scores, bounds);
const framesOf = (rule: AlarmRule) =>
  eventsOf(steps, rule, clock).map(({ start, end }) => [start, end]);

Deno.test("gaps and lengths of alarms are judged by the times of the frames, not by the mean rate", () => {
  assertEquals(framesOf(alarm), [[4, 8], [12, 16]]);
  // Frames 4 to 8 take 0.4 s, by the rate they would be 2 s.
  assertEquals(framesOf({ ...alarm, holdSeconds: 1 }), [[12, 16]]);
  // From frame 8 at 0.8 s to frame 12 at 5 s; by the rate 2 s.
  assertEquals(framesOf({ ...alarm, gapSeconds: 3 }).length, 2);
  assertEquals(framesOf({ ...alarm, gapSeconds: 4.3 }), [[4, 16]]);
});

Deno.test("tables, JSON and the overview of later runs tell those times", () =>
  withFolder(async (folder) => {
    const events = eventsOf(steps, alarm, clock);
    const video: VideoScores = {
      ...{ id: "a", scores, bounds, frames: 16, ...clock, threshold: 0.5, segments: [] },
      ...{ alarm, events, provenance: { runner: "mil" } },
    };
    const told = { id: "a", scores, bounds, frames: 16, ...clock, events };
    assertStringIncludes(tableOfScores([told]), "a,2,8,12,0:00:00.800,0:00:05.000,0.25");
    const table = tableOfEvents([told]);
    assertStringIncludes(table, "a,2,12,16,0:00:05.000,0:00:11.500,0.875,0:00:05.000,");
    const json = scoresJson(video);
    assertStringIncludes(json, '"start_time":"0:00:05.000","end_time":"0:00:11.500"');
    await Deno.writeTextFile(join(folder, "a.json"), json);
    await writeOverview(folder, [], alarm, "run");
    const read = (name: string) => Deno.readTextFile(join(folder, name));
    assertEquals(await read("events.csv"), table);
    assertEquals(await read("scores.csv"), tableOfScores([told]));
    assertStringIncludes(await read("index.html"), "0:00:05.0\u20130:00:11.5");
  }));
