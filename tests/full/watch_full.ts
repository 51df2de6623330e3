/** The live page in a real browser, beside a training that it must not touch. */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silent } from "../../src/progress.ts";
import { assertSameRun } from "../crash/compare_runs.ts";
import { chromium, withPage } from "../report/chromium.ts";
import { requiresTool } from "../support/required_tools.ts";
import { resumeIn, smallConfig, trainInto } from "../train/small_training.ts";
import { withFolder } from "../support/temporary_folder.ts";

requiresTool("a Chromium", chromium !== null);

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** `wsvad watch` as a process, and the address that it prints. */
async function startWatch(runs: string, port: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--no-check", main, "watch", runs, "--port", port],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await reader.read();
  return {
    url: value.trim(),
    async end(signal: Deno.Signal) {
      child.kill(signal);
      await reader.cancel();
      return await child.status;
    },
  };
}

Deno.test({
  name:
    "wsvad watch shows a training in a browser, is killed and started again, and changes nothing",
  ignore: chromium === null,
  fn: () =>
    withFolder(async (folder) => {
      const [runs, alone] = ["runs", "alone"].map((name) => join(folder, name));
      const run = join(runs, "watched");
      const config = smallConfig("trainer.max_steps=60", "trainer.checkpoint_every=20");
      let watch = await startWatch(runs, "0");
      const { url } = watch;
      await withPage(async (page) => {
        const until = async (condition: string, what: string) => {
          for (let attempt = 0; !await page.evaluate(`Boolean(${condition})`); attempt++) {
            if (attempt > 300) throw new Error(`The page never shows ${what}`);
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        };
        const text = (id: string) =>
          page.evaluate<string>(`document.getElementById("${id}").textContent`);
        const row = `document.querySelector("#run-rows tr")?.textContent`;
        await page.show(1400, 900, "light");
        await page.open(url);
        await until(`document.getElementById("standing").textContent.includes("waiting")`, "that");

        Deno.mkdirSync(run, { recursive: true });
        const stop = new AbortController();
        const step = ({ step }: { step: number }) => step === 30 && stop.abort();
        await trainInto(run, config, { stop: stop.signal, progress: { ...silent, step } })
          .catch((error) => assert(stop.signal.aborted, String(error)));
        await until(`${row}?.includes("30 of 60")`, "the steps");
        await until(`${row}?.includes("stopped")`, "that it was stopped");
        await until(`document.querySelectorAll(".stage canvas").length === 2`, "two charts");

        assertEquals((await watch.end("SIGKILL")).signal, "SIGKILL");
        await until(`standing.textContent.includes("No connection")`, "that it is gone");
        watch = await startWatch(runs, new URL(url).port);
        await until(`/running, 1 not/.test(standing.textContent)`, "that it is back");

        await resumeIn(run);
        await until(`${row}?.includes("60 of 60") && ${row}.includes("finished")`, "the end");
        const second = join(runs, "second");
        Deno.mkdirSync(second);
        await trainInto(second, smallConfig("runner.optimizer.lr=0.1"));
        await until(`document.querySelectorAll("#run-rows tr").length === 2`, "the second run");
        await page.evaluate(
          `document.querySelector("#run-rows input:not(:checked)").click()`,
        );
        await until(
          `document.querySelectorAll("#loss-chart .entry").length === 2`,
          "both losses",
        );
        Deno.mkdirSync(join(runs, "broken"));
        Deno.writeTextFileSync(join(runs, "broken", "config.yaml"), "runner: [");
        await until(`document.querySelector("tr.damaged")`, "the damaged run");
        for (const [width, scheme] of [[1400, "dark"], [390, "light"]] as const) {
          await page.show(width, 900, scheme);
          await until(`document.documentElement.scrollWidth <= ${width}`, `itself at ${width} px`);
          // Of a damaged run why, of another one all but that.
          assertEquals(
            await page.evaluate(`["tr.damaged", "tr.finished"].map((row) =>
              [...document.querySelectorAll(row + " td")].slice(-8)
                .filter((cell) => cell.checkVisibility()).length)`),
            [1, 7],
          );
        }
        assertEquals(await text("left-out"), "");
        // The lost connection is told by the browser too.
        assertEquals(
          page.events.complaints.filter((text) => !text.includes("ERR_")),
          [],
        );
        const asked = new Set(page.events.requests.map((request) => new URL(request).host));
        assertEquals([...asked], [new URL(url).host]);
      });
      assertEquals((await watch.end("SIGINT")).code, 0);
      Deno.mkdirSync(alone);
      await trainInto(alone, config);
      await assertSameRun({ interrupted: run, whole: alone });
    }),
});
