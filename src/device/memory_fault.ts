/**
 * Faults of a memory that is too small: what was found, and what to do, which depends on the work
 * that asked for it. They are thrown with what to do in a training, the usual work; whoever does
 * other work says it anew, by {@link memoryFaultOf}.
 */

import { fault } from "../fault.ts";

/** What was found, and what else to try on this device. */
interface FullMemory {
  found: string;
  elsewhere: string;
}

const full = new WeakMap<Error, FullMemory>();

/** What makes a training smaller. */
const SMALLER_TRAINING = "lower data.batch_size (with trainer.accumulate the effective batch " +
  "stays), data.segments or runner.features.crops";

/**
 * @param found what was attempted and what there is
 * @param elsewhere what else to try, for any work: another device, a higher limit
 */
export function memoryFault(found: string, elsewhere: string): Error {
  const error = fault(RangeError, `${found}; ${SMALLER_TRAINING}, or ${elsewhere}`);
  full.set(error, { found, elsewhere });
  return error;
}

/**
 * The error of work that is no training: a full memory with what makes that work smaller, any other
 * error as it is.
 *
 * @param attempted the beginning of the message
 */
export function memoryFaultOf(error: unknown, attempted: string, smaller: string): unknown {
  const known = error instanceof Error ? full.get(error) : undefined;
  if (known === undefined) return error;
  const { found, elsewhere } = known;
  return fault(RangeError, `${attempted}: ${found}; ${smaller}, or ${elsewhere}`, {
    cause: error,
  });
}
