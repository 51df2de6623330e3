/**
 * Writers under `ulimit -f`, in a process of their own: the signal of the limit has come when they
 * fail, so that a process that ends then does not die of it.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { zipOf } from "./small_tensor_files.ts";
import { REPO, startHub } from "../hub/hub_server.ts";
import { underSizeLimit } from "../support/size_limit.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** Above what Deno itself writes to new caches. */
const LIMIT_KILOBYTES = 12_000;
const LARGE = new Uint8Array(2 ** 24);

/** What each writer does in `folder`, with `bytes` too many, `endpoint` a Hub that serves them. */
const WRITERS: Record<string, string> = {
  "a whole file": `
    const { writeWhole } = await load("io/atomic_write.ts");
    await writeWhole(folder + "/x", bytes, { overwrite: true });`,
  "a log": `
    const { appendText } = await load("io/file_system.ts");
    await appendText(folder + "/log", "a".repeat(bytes.length));`,
  "rows of features": `
    const { RowsInFile } = await load("extract/feature_rows.ts");
    using rows = new RowsInFile(folder + "/rows", 4);
    try {
      rows.write(bytes.length / 16 - 1, new Float32Array(4));
    } catch (error) {
      await sizeLimitTold(0); // a program that lives on
      throw error;
    }`,
  "a member of an archive": `
    const { withVideoFile } = await load("extract/packed_video.ts");
    const packed = { archive: folder + "/videos.zip", member: "a.mp4" };
    await withVideoFile({ id: "a", path: "a.mp4", packed }, folder, () => {});`,
  "a download": `
    const { downloadHubFile } = await load("hub/hub_files.ts");
    const place = { kind: "dataset", repo: "${REPO}", revision: "main", endpoint, token: null };
    await downloadHubFile({ ...place, cache: folder }, "large.bin");`,
};

async function limited(folder: string, writer: string, endpoint: string): Promise<string> {
  const src = new URL("../../src/", import.meta.url).href;
  const script = `
    const load = (module) => import(${JSON.stringify(src)} + module);
    const { sizeLimitSignals, sizeLimitTold } = await load("io/size_limit.ts");
    const [folder, endpoint] = ${JSON.stringify([folder, endpoint])};
    const bytes = new Uint8Array(${LARGE.length});
    try { ${writer} } catch (error) { console.log(sizeLimitSignals() > 0, error.message); }`;
  const args = ["eval", "--cached-only", script];
  const { code, stdout, stderr } = await underSizeLimit(folder, LIMIT_KILOBYTES, args);
  assertEquals(code, 0, stderr);
  return stdout;
}

for (const [what, writer] of Object.entries(WRITERS)) {
  Deno.test({
    name: `${what} beyond the size limit of the shell fails with a message, and kills nothing`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withFolder(async (folder) => {
        await Deno.writeTextFile(join(folder, "x"), "old");
        await Deno.writeFile(join(folder, "videos.zip"), await zipOf({ "a.mp4": LARGE }, 6));
        const hub = startHub({ "large.bin": LARGE }, { large: ["large.bin"] });
        try {
          assertMatch(
            await limited(folder, writer, hub.endpoint),
            /^true Cannot .*: the file would be larger than the system allows; raise `ulimit -f`/,
          );
        } finally {
          await hub.close();
        }
        assertEquals(await Deno.readTextFile(join(folder, "x")), "old");
      }),
  });
}
