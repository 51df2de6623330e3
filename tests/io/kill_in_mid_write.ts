/** A crash test: a process that does nothing but replace a file is killed at random moments. */

import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { removeStaleTemporaries } from "../../src/io/atomic_write.ts";
import { float32Of, readSafetensors } from "../../src/io/safetensors.ts";
import { killMoments } from "../support/kill_moments.ts";

const fileBytes = 2 ** 22; // a few milliseconds to write: most kills fall into it

/**
 * Kills the writer (SIGKILL) that often and asserts each time that the file is one whole version,
 * and that clearing leaves the file alone in its folder.
 */
export async function killInMidWrite(folder: string, kills: number): Promise<void> {
  const path = `${folder}/x.safetensors`;
  const script = fileURLToPath(new URL("./endless_writer.ts", import.meta.url));
  const moment = killMoments();
  let leftBehind = 0;
  for (let kill = 0; kill < kills; kill++) {
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", script, path, String(fileBytes)],
      stdout: "piped",
    }).spawn();
    await writer.stdout.getReader().read(); // "ready": one version is written
    await new Promise((resolve) => setTimeout(resolve, moment() * 50));
    writer.kill("SIGKILL");
    await writer.status;

    const { tensors, metadata } = await readSafetensors(path);
    const version = Number(metadata.version);
    for (const name of ["a", "b"]) {
      const values = float32Of(tensors.get(name)!);
      assertEquals(values.length, fileBytes / 8);
      assert(values.every((value) => value === version), `version ${version} is mixed with others`);
    }
    leftBehind += (await removeStaleTemporaries(folder)).length;
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["x.safetensors"]);
  }
  // Otherwise no kill fell into a write, and nothing was tested.
  assert(leftBehind > 0, "no kill fell into a write");
}
