/**
 * Writing past `ulimit -f` sends SIGXFSZ, which ends the process without a word. With a listener
 * the write fails with EFBIG instead, like any other.
 */

let listens = false;
let signals = 0;
let waiting: (() => void)[] = [];

/** From now on a write past the limit fails, and the process lives. */
export function surviveSizeLimit(): void {
  if (listens || Deno.build.os === "windows") return;
  Deno.addSignalListener("SIGXFSZ", () => {
    signals++;
    for (const go of waiting) go();
    waiting = [];
  });
  listens = true;
}

/** How many signals have come to the listener. */
export function sizeLimitSignals(): number {
  return signals;
}

/** A file system's own limit fails a write without a signal: after this time none will come. */
const LONGEST_MS = 1000;

/**
 * Resolves when more signals than `before` have come. A write fails before its signal is told, and
 * a process that ends meanwhile, its listener gone, dies of the signal after all.
 */
export async function sizeLimitTold(before: number): Promise<void> {
  if (!listens || signals > before) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LONGEST_MS);
  waiting.push(resolve);
  await promise;
  clearTimeout(timer);
}
