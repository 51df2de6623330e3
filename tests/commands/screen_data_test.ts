import { assert, assertAlmostEquals, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { screenData } from "../../src/commands/screen_data.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { registry as catalog } from "../../src/model/registry.ts";
import { writeFeatures } from "../data/temporary_features.ts";
import { writeField } from "../support/field_inputs.ts";
import { withFolder } from "../support/temporary_folder.ts";

const SMALL = ["data=synthetic", "videos_train=20", "videos_test=20", "dim=16", "crops=2"]
  .map((text) => text.replace(/^(?!data=)/, "data.synthetic."));
const screen = (...settings: string[]) =>
  screenData(resolveConfig({ overrides: ["runner=mil", ...settings], catalog }));

Deno.test("screenData() says of features that show anomalies that they can work", async () => {
  const report = await screen(...SMALL, "data.synthetic.burst_strength=0");
  const { magnitude, content, probe, videoProbe, weakProbe, signal, verdict } = report;
  assert(magnitude!.auc > 0.85 && content!.auc > 0.85 && probe!.auc > 0.95);
  assert(videoProbe!.low <= videoProbe!.auc && videoProbe!.auc <= videoProbe!.high);
  assert(weakProbe !== null && report.snippets > 40 * 40);
  assertEquals(signal, true);
  assertMatch(verdict, /can work: magnitude, .*best: magnitude/);
});

Deno.test("screenData() finds nothing in features without anomalies", async () => {
  const none = ["data.synthetic.strength=0", "data.synthetic.burst_strength=0"];
  for (const seed of [1, 2]) {
    const { signal, verdict, probe } = await screen(...SMALL, ...none, `data.seed=${seed}`);
    assert(probe!.low < 0.5 && probe!.high > 0.5 || probe!.auc < 0.5);
    assertEquals(signal, false);
    assertMatch(verdict, /no signal was found/);
  }
});

Deno.test("screenData() ranks by magnitude as it lies in the files, whatever a recipe does to it", () =>
  withFolder(async (folder) => {
    await writeField(folder);
    // Frames 600 to 700 lie in snippets 37 to 43, 100 to 150 in 6 to 9: 354 abnormal frames, and
    // some of their neighbours.
    for (let k = 0; k < 4; k++) {
      const [first, last] = k < 3 ? [37, 43] : [6, 9];
      const value = (_: number, t: number) => t >= first && t <= last ? -2 : 1;
      await writeFeatures(
        folder,
        `test/Abuse${100 + k}_x264_i3d.npy`,
        "TND",
        [60 + 4 * k, 2, 4],
        value,
      );
    }
    const settings = ["data=features", `data.root=${folder}`, "data.normalize=l2"];
    const report = await screen(...settings, "data.train=null");
    const rest = 8448 - 354;
    const tied = 3 * 7 * 16 + 4 * 16 - 354;
    // The field's own normal values are at 1.00 to 1.06 a channel, below 2.
    assertAlmostEquals(report.magnitude!.auc, 1 - tied / rest / 2, 1e-9);
    assertEquals([report.videoProbe, report.weakProbe, report.snippets], [null, null, 528]);
    await assertRejects(
      () => screen(...settings, "data.train=null", "data.test=null"),
      Error,
      "neither data.train nor data.test",
    );
  }));
