/** Why a kernel does not get memory of the heap at once. */

/** A kernel asked for memory that is not to be had at once: it starts again when there is room. */
class Wanting extends Error {
  /**
   * @param bytes of the request
   * @param fault for the user, if no room could be made
   */
  constructor(readonly bytes: number, readonly fault: Error) {
    super(fault.message);
  }
}

/** They are free in pieces alone. */
export class Scattered extends Wanting {}

/** Others hold them, and leave the heap if the kernel does not use them. */
export class Crowded extends Wanting {
  /** @param missing how many bytes too few are free */
  constructor(bytes: number, readonly missing: number, fault: Error) {
    super(bytes, fault);
  }
}
