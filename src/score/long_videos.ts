/**
 * Says where the scoring of a long video stands, which may take minutes: the crop or window, and
 * the time left.
 */

import type { StepReport } from "../progress.ts";

/** From this many snippets on, 44 minutes at 25 frames a second, a part may take many seconds. */
const LONG = 4096;

/** What is told of a video, and takes place after `step` of the work around. */
export type Told = Pick<StepReport, "doing" | "secondsLeft" | "announce">;

/**
 * A part of the work on a video that begins: how much was done before, and words for what it is.
 */
export type OnPart = (share: number, part: string) => void;

/**
 * What hears of the parts of a video, or null where it is short.
 *
 * Parts of equal size take equal time, so what they took so far tells what is left; none is told
 * where the work is only put on its way to a GPU here.
 */
export function partsOf(
  video: { id: string; snippets: number; crops: number },
  { deferred }: { deferred: boolean },
  tell: (told: Told) => void,
  now: () => number = () => performance.now(),
): OnPart | null {
  const { id, snippets, crops } = video;
  if (snippets < LONG) return null;
  const what = `${id}, ${snippets} snippets x ${crops} ${crops === 1 ? "crop" : "crops"}`;
  const start = now();
  let first = true;
  return (share, part) => {
    const seconds = (now() - start) / 1000;
    const secondsLeft = share > 0 && !deferred ? seconds / share * (1 - share) : undefined;
    tell({ doing: part === "" ? what : `${what}: ${part}`, secondsLeft, announce: first });
    first = false;
  };
}
