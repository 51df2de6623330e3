/** Videos of real cameras, and pages with a video in a browser. */

import { assert, assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { demoVideo } from "../../src/commands/demo_video.ts";
import { serveFiles } from "../../src/commands/serve_files.ts";
import { silent } from "../../src/progress.ts";
import { decodeFrames } from "../../src/video/decode_frames.ts";
import { openVideo } from "../../src/video/video_source.ts";
import { chromium, withPage } from "../report/chromium.ts";
import { hasFfmpeg } from "../support/ffmpeg.ts";
import { requiresTool } from "../support/required_tools.ts";

const camera = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
const hasCamera = existsSync(camera);

requiresTool("vtest.avi of opencv-doc", hasCamera);

Deno.test({
  name: "a surveillance camera's 795 frames: vtest.avi of Debian's package opencv-doc",
  ignore: !hasFfmpeg || !hasCamera,
  async fn() {
    const source = await openVideo(camera);
    assertEquals([source.fps, source.expectedFrames], [10, 795]);
    let count = 0;
    for await (const { width, height, data } of decodeFrames(source)) {
      assertEquals([width, height, data.length], [768, 576, 768 * 576 * 3]);
      count++;
    }
    assertEquals(count, 795);
  },
});

Deno.test({
  name:
    "wsvad demo video finds the event of a clip it has not seen, and its page goes with the video",
  ignore: !hasFfmpeg || chromium === null,
  async fn() {
    const folder = await Deno.makeTempDir();
    const cache = join(folder, "cache");
    try {
      const device = { device: "cpu" } as const;
      const out = join(folder, "demo");
      const { clip, scores, page: path, run } = await demoVideo({
        ...{ out, cache, overwrite: false, overrides: [], device, progress: silent },
      });
      assert(existsSync(run.report));
      const [start, end] = clip.event.map((frame) => frame / 12);
      const seconds = (text: string) => text.split(":").reduce((sum, x) => sum * 60 + Number(x), 0);
      const [{ segments: [top] }] = scores.files;
      // Within a snippet of 16 frames at either end.
      assert(Math.abs(seconds(top.startTime) - start) < 1.4, `${top.startTime} of ${start}`);
      assert(Math.abs(seconds(top.endTime) - end) < 1.4, `${top.endTime} of ${end}`);

      const url = pathToFileURL(path).href;
      await withPage(async (page) => {
        for (const [width, scheme] of [[1400, "light"], [1400, "dark"], [390, "dark"]] as const) {
          await page.show(width, 900, scheme);
          await page.open(url);
          const until = (condition: string) =>
            page.evaluate<boolean>(`new Promise((done) => {
              const end = performance.now() + 5000;
              const look = () => (${condition}) ? done(true)
                : performance.now() > end ? done(false) : setTimeout(look, 20);
              look();
            })`);
          const at = `${width} ${scheme}`;
          assert(await until(`document.querySelector("video").readyState >= 2`), at);
          const now = () =>
            page.evaluate<[number, number]>(`[document.querySelector("video").currentTime,
              Number(document.querySelector("#curve").getAttribute("aria-valuenow"))]`);

          // The cursor follows the video, as it is sought and as it plays.
          await page.evaluate(`document.querySelector("video").currentTime = 3`);
          const near = (time: number) =>
            `Math.abs(Number(document.querySelector("#curve").getAttribute("aria-valuenow")) - ${time}) < 0.11`;
          assert(await until(near(3)), at);
          await page.press(" ");
          assert(await until(`document.querySelector("video").currentTime > 3.5`), at);
          await page.press(" ");
          assert(await until(`document.querySelector("video").paused`), at);
          const [played, shown] = await now();
          assert(Math.abs(played - shown) < 0.2, `${at}: ${played} and ${shown}`);

          // A click on the curve seeks, and so does a segment's button.
          const [x, y] = await page.evaluate<[number, number]>(`(() => {
            document.querySelector("#curve").scrollIntoView({ block: "center" });
            const now = document.querySelector("#curve").getBoundingClientRect();
            return [now.left + 34 + (now.width - 35) / 2, now.top + now.height / 2];
          })()`);
          const press = { x, y, button: "left", clickCount: 1 };
          await page.call("Input.dispatchMouseEvent", { type: "mousePressed", ...press });
          await page.call("Input.dispatchMouseEvent", { type: "mouseReleased", ...press });
          assert(
            await until(`Math.abs(document.querySelector("video").currentTime - 12) < 0.2`),
            at,
          );
          await page.evaluate(`document.querySelector(".events button").click()`);
          const peak = seconds(top.startTime);
          assert(
            await until(`Math.abs(document.querySelector("video").currentTime - ${peak}) < 3`),
            at,
          );
          assertEquals(
            await page.evaluate(
              `document.querySelector(".events button").getAttribute("aria-current")`,
            ),
            "true",
          );

          // Keys: five seconds on, to the beginning, to the next segment.
          await page.press("Home");
          await page.press("ArrowRight");
          assert(await until(near(5)), at);
          await page.press("Home");
          await page.press("n");
          assert(await until(near(seconds(top.startTime))), at);

          const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
          assert(wide <= width, `${at}: ${wide} pixels wide`);
          assertEquals(page.events.complaints, [], at);
          const asked = page.events.requests.splice(0)
            .filter((address) => address !== url && !address.startsWith("data:"));
          assert(
            asked.every((address) => address.endsWith("clips/test/Fighting101.mp4")),
            `${asked}`,
          );
        }

        // The same on an address of this machine: a player seeks by asking for parts of the file.
        const stop = new AbortController(), listening = Promise.withResolvers<string>();
        const files = [path, join(out, "clips", "test", "Fighting101.mp4")];
        const served = serveFiles({
          ...{ files, first: path, stop: stop.signal, onListen: listening.resolve },
        });
        await page.show(390, 900, "light");
        await page.open(await listening.promise);
        const [time, name] = await page.evaluate<[number, string]>(`new Promise((done) => {
          const video = document.querySelector("video");
          const told = (name) => done([video.currentTime, name]);
          video.addEventListener("error", () => told("error"));
          const go = () => {
            video.addEventListener("seeked", () => told("sought"));
            video.currentTime = 12;
          };
          if (video.readyState > 0) go();
          else video.addEventListener("loadedmetadata", go);
          setTimeout(() => told("late"), 10_000);
        })`);
        assertEquals([Math.round(time), name], [12, "sought"]);
        assertEquals(page.events.complaints, []);
        stop.abort();
        await served;
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
