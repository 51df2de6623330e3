/**
 * Reading a file of weights while its digest is counted beside: both take as long, and neither
 * waits for the other.
 */

import { createHash } from "node:crypto";
import { digestBeside, type DigestedBytes, WORTH_A_THREAD } from "../io/file_digest.ts";
import type { InputFile } from "../io/read_file.ts";
import type { OpenSafetensors, ReadingOptions, StoredTensor } from "../io/safetensors.ts";

export type CheckedBytes = Omit<DigestedBytes, "path">;

export interface CheckedReading {
  tensors: Promise<Map<string, StoredTensor>>;
  /** Throws where the digest is another than expected, or the file cannot be read. */
  checked: Promise<void>;
}

/** Gives memory for the values of tensors; null: they are read to new memory. */
export type Memory = (bytes: number) => Float32Array | null;

export interface CheckedReadingOptions extends Pick<ReadingOptions, "wanted"> {
  /**
   * Where float32 values of a large file are read to, asked for once and before they are read;
   * absent: to new memory.
   */
  memory?: () => Promise<Memory>;
  /** What the digest is of, and what it should be; absent: nothing is checked. */
  expected?: { bytes: CheckedBytes; digest: string; refused: () => Error };
  /** Counts it, for tests of files that change meanwhile. */
  digest?: typeof digestBeside;
}

/**
 * Begins to read the tensors of a file, and closes it when that is done and its digest is known, or
 * where it fails.
 *
 * @throws what `memory` throws
 */
export async function readChecked(
  file: OpenSafetensors,
  { expected, memory, wanted, digest = digestBeside }: CheckedReadingOptions,
): Promise<CheckedReading> {
  const { path, size } = file.file;
  const beside = expected && digest({ path, ...expected.bytes });
  let reserve: ReadingOptions["reserve"];
  try {
    if (memory && size >= WORTH_A_THREAD) reserve = reserving(await memory());
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
  const reading = file.read({ wanted, reserve });
  const check = async () => {
    using open = file;
    await reading;
    if (!expected || await beside === expected.digest) return;
    // None was counted, or another file has come to lie at the path: the open one decides.
    if (await digestOfOpen(open.file, expected.bytes) !== expected.digest) throw expected.refused();
  };
  return { tensors: heldBack(reading.then(({ tensors }) => tensors)), checked: heldBack(check()) };
}

function reserving(memory: Memory): ReadingOptions["reserve"] {
  return ({ dtype, begin, end }) => dtype === "F32" && end > begin ? memory(end - begin) : null;
}

/** Bytes that are counted at a time. */
const PIECE_BYTES = 1 << 20;

async function digestOfOpen(
  file: InputFile,
  { head, stretches }: CheckedBytes,
): Promise<string> {
  const hash = createHash("sha256").update(head);
  const piece = new Uint8Array(PIECE_BYTES);
  for (const [offset, length] of stretches) {
    for (let at = 0; at < length; at += PIECE_BYTES) {
      const part = piece.subarray(0, Math.min(PIECE_BYTES, length - at));
      await file.readInto(offset + at, part);
      hash.update(part);
    }
  }
  return hash.digest("hex");
}

/** A promise that may fail before somebody waits for it. */
function heldBack<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
