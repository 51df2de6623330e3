import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { namedEvents } from "../../src/commands/score_alarms.ts";
import { scoreFiles } from "../../src/commands/score_files.ts";
import { scoreVideos } from "../../src/commands/score_videos.ts";
import { writeOverview } from "../../src/commands/score_overview.ts";
import { snippetBounds } from "../../src/frames/frame_bounds.ts";
import { encodeNpy } from "../../src/io/npy.ts";
import { silent } from "../../src/progress.ts";
import { smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SNIPPETS = 6, DIM = 8;

Deno.test("scoreFiles() with a threshold of the run says where alarms are, or that there is none", () =>
  withFolder(async (folder) => {
    const [run, features] = ["run", "features"].map((name) => join(folder, name));
    for (const path of [run, features]) Deno.mkdirSync(path);
    await trainInto(run, smallConfig("trainer.max_steps=1"));
    for (let i = 0; i < 3; i++) {
      const values = Float32Array.from({ length: SNIPPETS * DIM }, (_, at) => (at * (i + 3)) % 7);
      Deno.writeFileSync(join(features, `v,${i}.npy`), encodeNpy([SNIPPETS, DIM], values));
    }
    const score = (out: string, threshold?: string, paths = [features]) =>
      scoreFiles({
        checkpoint: run,
        paths,
        overrides: [],
        configDirs: [],
        out: out === "-" ? out : join(folder, out),
        formats: ["csv", "json", "svg"],
        threshold,
        gap: threshold === undefined ? 0 : 0.1,
        top: 3,
        overwrite: false,
        device: { device: "cpu", blas: "off" },
        progress: silent,
      });
    const { threshold } = JSON.parse(Deno.readTextFileSync(join(run, "result.json")));

    const ofRun = await score("of run", "from-run");
    assertEquals(ofRun.alarm!.threshold, threshold.chosen.threshold);
    // The rule made anew from test_scores.json is the one that the run chose.
    const again = await score("again", threshold.rule);
    assertEquals(again.alarm, ofRun.alarm);

    const none = await score("none", "1");
    assertEquals(none.files.map(({ events }) => events), [[], [], []]);
    const page = Deno.readTextFileSync(join(folder, "none", "index.html"));
    assertEquals(page.match(/no alarm/g)?.length, 3);
    assertEquals(Deno.readTextFileSync(join(folder, "none", "events.csv")).split("\n").length, 2);

    const all = await score("all", "-1");
    assertEquals(all.files.map(({ events }) => events!.length), [1, 1, 1]);
    const events = Deno.readTextFileSync(join(folder, "all", "events.csv")).trim().split("\n");
    assertEquals(events.length, 4);
    assertMatch(events[1], /^"v,0",1,0,96,0:00:00\.000,0:00:03\.200,/);
    const json = JSON.parse(Deno.readTextFileSync(join(folder, "all", "v,0.json")));
    assertEquals(json.alarm.events[0].end_frame, 96);
    assertEquals(json.threshold, -1);

    // Without files: the table is the result, and the same as scores.csv.
    const { table, overview } = await score("-");
    assertEquals(table, Deno.readTextFileSync(join(folder, "all", "scores.csv")));
    assertEquals(overview, []);
    assertEquals(table!.trim().split("\n").length, 1 + 3 * SNIPPETS);

    // One more video: the page of the folder has it beside those from before.
    Deno.renameSync(join(features, "v,2.npy"), join(features, "later.npy"));
    await score("all", "-1", [join(features, "later.npy")]);
    const later = Deno.readTextFileSync(join(folder, "all", "events.csv"));
    assertEquals(later.trim().split("\n").length, 5);
    assertEquals(later.includes("\nlater,1,"), true);
    await assertRejects(() => score("all", "half"), RangeError, "Cannot choose a threshold");
  }));

Deno.test("scoreVideos() refuses a threshold of test videos that the training lacked, before it decodes", () =>
  withFolder(async (folder) => {
    const [run, data, clip] = ["run", "data", "clip.mp4"].map((name) => join(folder, name));
    Deno.mkdirSync(run);
    for (const [side, n] of [["normal", 2], ["abnormal", 3]] as const) {
      Deno.mkdirSync(join(data, "train", side), { recursive: true });
      for (let i = 0; i < n; i++) {
        const values = Float32Array.from({ length: 5 * DIM }, (_, at) => at % (i + 2));
        const file = join(data, "train", side, `${side}${i}.npy`);
        Deno.writeFileSync(file, encodeNpy([5, DIM], values));
      }
    }
    const own = ["data=binary", `data.root=${data}`, "data.test=null", "data.dim=8"];
    await trainInto(run, smallConfig("trainer.max_steps=1", ...own));
    Deno.writeTextFileSync(clip, "no video: it is not looked at");
    for (const threshold of ["fpr=0.01", "from-run"]) {
      const request = {
        ...{ checkpoint: run, paths: [clip], overrides: [], configDirs: [], threshold, top: 1 },
        ...{ out: join(folder, "scores"), formats: [], embed: false, overwrite: false },
        ...{ device: { device: "cpu", blas: "off" } as const, progress: silent },
      };
      await assertRejects(
        () => scoreVideos(request),
        Error,
        `Cannot choose a threshold by "${threshold}": the model of "${run}" was trained without test`,
      );
    }
  }));

Deno.test("scoreFiles() writes over no index.html and no scores.csv of somebody else", () =>
  withFolder(async (folder) => {
    const [run, out] = ["run", "scores"].map((name) => join(folder, name));
    for (const path of [run, out]) Deno.mkdirSync(path);
    await trainInto(run, smallConfig("trainer.max_steps=1"));
    const score = (name: string) => {
      Deno.writeFileSync(
        join(folder, `${name}.npy`),
        encodeNpy([2, DIM], new Float32Array(2 * DIM)),
      );
      return scoreFiles({
        checkpoint: run,
        paths: [join(folder, `${name}.npy`)],
        overrides: [],
        configDirs: [],
        out,
        formats: ["csv"],
        top: 1,
        overwrite: true,
        device: { device: "cpu", blas: "off" },
        progress: silent,
      });
    };
    await assertRejects(() => score("scores"), Error, "is the table of all videos");
    Deno.writeTextFileSync(join(out, "index.html"), "<h1>mine</h1>");
    await assertRejects(() => score("v"), Error, "wsvad score did not write it");
    assertEquals(Deno.readTextFileSync(join(out, "index.html")), "<h1>mine</h1>");
  }));

Deno.test("namedEvents() names the anomalous class of the highest mean probability in the alarm", () => {
  const scores = Float32Array.of(0.9, 0.9, 0.1, 0.9);
  const place = { bounds: snippetBounds(4, 16), frames: 64 };
  const alarm = { threshold: 0.5, rule: "0.5", holdSeconds: 0, gapSeconds: 0 };
  const probabilities = Float32Array.of(
    ...[0.6, 0.3, 0.1],
    ...[0.6, 0.1, 0.3],
    ...[0, 0, 1],
    ...[0.9, 0.02, 0.08],
  );
  probabilities[1] = 0.35;
  const classes = ["Normal", "Abuse", "Arson"];
  const named = namedEvents(scores, place, alarm, { fps: 16, classes, probabilities });
  assertEquals(named.map(({ className }) => className), ["Abuse", "Arson"]);
  const plain = namedEvents(scores, place, alarm, { fps: 16, classes });
  assertEquals(plain.map(({ className }) => className), [undefined, undefined]);
});

Deno.test("writeOverview() puts the highest score first and escapes what comes from files", () =>
  withFolder(async (folder) => {
    const id = `<img src=x onerror="alert(1)">&`;
    const video = (id: string, score: number) => ({
      id,
      scores: Float32Array.of(0.1, score),
      bounds: snippetBounds(2, 16),
      frames: 32,
      fps: 16,
      events: null,
    });
    await writeOverview(folder, [video("low", 0.2), video(id, 0.9)], null, "run");
    const page = Deno.readTextFileSync(join(folder, "index.html"));
    assertEquals(page.match(/<img/g), null);
    assert(page.indexOf("&lt;img src=x") < page.indexOf(">low<"));
    assertStringIncludes(page, "No threshold was asked for");
  }));
