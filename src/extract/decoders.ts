/** How many programs decode one video at once where nobody says it. */

import type { Device, DeviceOptions } from "../device/device.ts";
import { threadCount } from "../device/cpu/thread_count.ts";
import type { Extractor } from "./extractor.ts";

/** More give nothing: one thread prepares what they decode. */
const MOST = 4;

/**
 * On a GPU, and of a backbone without weights, frames are what the work waits for: a decoder for
 * two threads of the machine. Networks on the cpu take hundreds of times as long as decoding, and
 * all threads: one decoder.
 */
export function decodersOf(
  { facts, recipe }: Pick<Extractor, "facts" | "recipe">,
  { kind }: Pick<Device, "kind">,
  { decoders, device: { threads } }: { decoders?: number; device: Pick<DeviceOptions, "threads"> },
): number {
  if (facts.modality === "audio") return 1;
  if (decoders !== undefined) return decoders;
  const waiting = kind === "webgpu" || recipe.weights_sha256 === null;
  return waiting ? Math.max(1, Math.min(MOST, Math.floor(threadCount(threads) / 2))) : 1;
}
