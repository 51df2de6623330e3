/** How many programs decode one video at once where nobody says it. */

import type { Device, DeviceOptions } from "../device/device.ts";
import { threadCount } from "../device/cpu/thread_count.ts";
import type { Extractor } from "./extractor.ts";

/** Threads from which on a second decoder takes none that others need. */
const FEW_THREADS = 4;

/**
 * On a GPU, and of a backbone without weights, frames are what the work waits for. Two decoders are
 * enough even there: one thread resizes what they decode, which takes longer than decoding in all
 * lineages (`deno task time:decoding`). Networks on the cpu take hundreds of times as long, and
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
  return waiting && threadCount(threads) >= FEW_THREADS ? 2 : 1;
}
