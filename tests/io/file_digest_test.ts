import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { digestBeside } from "../../src/io/file_digest.ts";
import { withFolder } from "../support/temporary_folder.ts";

const head = Uint8Array.of(7, 8, 9);

/** A file of some pieces of the worker's, the last one cut. */
function fileIn(folder: string): { path: string; bytes: Uint8Array<ArrayBuffer> } {
  const path = join(folder, "file");
  const bytes = Uint8Array.from({ length: 2 * 2 ** 20 + 5 }, (_, i) => (i * 31) >> 3);
  Deno.writeFileSync(path, bytes);
  return { path, bytes };
}

Deno.test("digestBeside() counts the head and the stretches in their order", () =>
  withFolder(async (folder) => {
    const { path, bytes } = fileIn(folder);
    const stretches: [number, number][] = [[10, bytes.length - 10], [0, 4]];
    const expected = createHash("sha256").update(head).update(bytes.subarray(10))
      .update(bytes.subarray(0, 4)).digest("hex");
    assertEquals(await digestBeside({ path, head, stretches }, 0), expected);
  }));

Deno.test("digestBeside() counts nothing of few bytes, where the file is too short or missing, and where its thread dies", () =>
  withFolder(async (folder) => {
    const { path, bytes } = fileIn(folder);
    const whole: [number, number][] = [[0, bytes.length]];
    assertEquals(await digestBeside({ path, head, stretches: whole }), null);
    assertEquals(await digestBeside({ path, head, stretches: [[5, bytes.length]] }, 0), null);
    const missing = join(folder, "missing");
    assertEquals(await digestBeside({ path: missing, head, stretches: whole }, 0), null);
    const dying = 'throw new Error("dies at its start")';
    assertEquals(await digestBeside({ path, head, stretches: whole }, 0, dying), null);
  }));
