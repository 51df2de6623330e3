/** What the executable tells about itself: licences, version, sums. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import lock from "../../deno.lock" with { type: "text" };
import { tool } from "../../src/tool.ts";
import { finishRelease } from "../../tasks/release/steps.ts";
import { writeFilesOfPage } from "../support/page_files.ts";
import { executable, type Outcome, run, unpackedIn, unpacks, withOddFolder } from "./executable.ts";

async function wsvad(cache: string, ...args: string[]): Promise<Outcome> {
  return await run(executable, args, { cwd: cache, env: { XDG_CACHE_HOME: cache } });
}

/** Packages that come with the name of their licence alone, and with their author's. */
const WITHOUT_TEXT = ["tr46", "gearhash-jit"];

Deno.test("the executable lists every package that its bundle holds, each with a licence's text", () =>
  withOddFolder(async (cache) => {
    const parts = JSON.parse((await wsvad(cache, "licenses", "--json")).stdout);
    const { name: own } = parts.shift();
    assertEquals(own, tool.name);
    for (const { name, version, license, text } of parts) {
      const least = WITHOUT_TEXT.includes(name) ? 20 : 300;
      assert(license !== "" && text.length > least, `${name} ${version}: "${license}"`);
    }
    const names: string[] = parts.map(({ name }: { name: string }) => name);
    for (const name of ["deno", "zod", "yaml", "commander", "@tensorflow/tfjs-core", "uplot"]) {
      assert(names.includes(name), name);
    }
    const npm = Object.keys(JSON.parse(lock).npm).map((key) => /^(.[^@]*)@([^_]*)/.exec(key)!);
    for (const { name, version } of parts) {
      if (name === "deno" || /^lib/.test(name)) continue;
      assert(npm.some(([, known, at]) => known === name && at === version), `${name} ${version}`);
    }
    if (unpacks) {
      const bundle = join(unpackedIn(cache), "program", "bundle");
      const inside = new Set<string>();
      for (const { name } of Deno.readDirSync(bundle)) {
        if (!name.endsWith(".js")) continue;
        const text = Deno.readTextFileSync(join(bundle, name));
        for (const [, found] of text.matchAll(/^(?:\/\/ | {2}")npm\/((?:@[^/]+\/)?[^/]+)\//gm)) {
          inside.add(found);
        }
      }
      assert(inside.size > 15);
      assertEquals([...inside].filter((name) => !names.includes(name)), []);
    }
    const one = await wsvad(cache, "licenses", "zod");
    assertStringIncludes(one.stdout, "MIT License");
    assertEquals((await wsvad(cache, "licenses", "nothing")).code, 1);
  }));

Deno.test("the executable verifies its files, and itself by published sums", () =>
  withOddFolder(async (cache) => {
    const { code, stdout } = await wsvad(cache, "version", "--verify", "--json");
    const report = JSON.parse(stdout);
    assertEquals([code, report.version, report.ok], [0, tool.version, true]);
    assertMatch(report.platform, /^\w+-\w+$/);
    const own = createHash("sha256").update(Deno.readFileSync(executable)).digest("hex");
    const sums = join(cache, "SHA256SUMS");
    await Deno.writeTextFile(sums, `${"0".repeat(64)}  other\n${own}  wsvad-linux\n`);
    const published = await wsvad(cache, "version", "--verify", sums);
    assertEquals(published.code, 0);
    assertStringIncludes(published.stdout, "as wsvad-linux");
    await Deno.writeTextFile(sums, `${"0".repeat(64)}  wsvad-linux\n`);
    const other = await wsvad(cache, "version", "--verify", sums);
    assertEquals(other.code, 1);
    assertStringIncludes(other.stdout, "FAILED");
    if (!unpacks) return;
    // The start script repairs what changed; a change behind its back is found by the full check.
    const file = join(unpackedIn(cache), "program", "bundle", "build.json");
    const before = Deno.readTextFileSync(file);
    const program = join(unpackedIn(cache), "program", "bundle", "main.js");
    await Deno.writeTextFile(file, `${before} `);
    const args = ["run", "-A", "--no-config", program, "version", "--verify"];
    const changed = await run(join(unpackedIn(cache), "deno"), args, {
      env: { WSVAD_FILE: executable, DENO_DIR: cache },
    });
    assertEquals(changed.code, 1);
    assertStringIncludes(changed.stdout, "not as they were built: program/bundle/build.json");
  }));

Deno.test("the executable loads plugins in TypeScript, trains with them and evaluates the run", () =>
  withOddFolder(async (folder) => {
    await writeFilesOfPage("plugins.md", folder);
    const small = [
      ...["data.dim=8", "data.crops=1", "data.segments=4", "data.batch_size=2"],
      ...["trainer.max_steps=3", "--device", "cpu"],
      "data.synthetic={videos_train: 2, videos_test: 2, longest_train: 40, longest_test: 40}",
    ];
    const method = ["--config-dir", "mine", "--runner", "gated"];
    for (
      const [out, added] of [["a", method], ["b", ["--plugin", "top_gap.ts", "--runner", "mil"]]]
    ) {
      const trained = await wsvad(folder, "train", ...added, ...small, "--out", out as string);
      assertEquals(trained.code, 0, trained.stderr);
      const evaluated = await wsvad(folder, "eval", out as string, "--json", "--device", "cpu");
      assertEquals(evaluated.code, 0, evaluated.stderr);
      assert(JSON.parse(evaluated.stdout).videos > 0);
    }
    const backbone = ["backbone", "patch_means", "--plugin", "patch_means.ts"];
    const { stdout } = await wsvad(folder, "slots", ...backbone);
    assertStringIncludes(stdout, "channels of a feature");
    const set = ["--config-dir", "mine", "--runner", "mil", "data=warehouse"];
    const config = await wsvad(folder, "config", ...set);
    assertStringIncludes(config.stdout.replace(/\s+/g, ""), "mine/warehouse.ts#sha256=");
  }));

Deno.test({
  name: "the executable is released with sums and an SBOM, and verifies itself by them",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withOddFolder(async (folder) => {
      const dist = join(folder, "dist"), name = `wsvad-${Deno.build.os}-${Deno.build.arch}`;
      await Deno.mkdir(dist);
      await Deno.copyFile(executable, join(dist, name));
      await finishRelease(dist, "https://example.org/releases");
      const bom = JSON.parse(Deno.readTextFileSync(join(dist, "wsvad.cdx.json")));
      assert(bom.components.length > 20);
      const args = ["version", "--verify", "SHA256SUMS"];
      const env = { XDG_CACHE_HOME: folder };
      const { code, stdout } = await run(join(dist, name), args, { cwd: dist, env });
      assertEquals(code, 0);
      assertStringIncludes(stdout, `as ${name}`);
    }),
});
