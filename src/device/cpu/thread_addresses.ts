/** Addresses on the heap, and those that mean another place for each thread. */

/** An address in the memory that each thread has for itself: the first thread's. */
export class Own {
  constructor(readonly at: number) {}
}

export type Address = number | Own;

/** An address so many bytes further on. */
export function further<A extends Address>(address: A, bytes: number): A {
  return (typeof address === "number" ? address + bytes : new Own(address.at + bytes)) as A;
}

/** The address as the first thread has it. */
export function firstAt(address: Address): number {
  return typeof address === "number" ? address : address.at;
}
