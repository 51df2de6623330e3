/**
 * Work that one thread does alone: passes and products, one after the other, on what it reads and
 * writes and on memory of its own. Written down it is a table of numbers on the heap, which threads
 * take their chunks from (run_steps.js). A step is its number, which of its arguments are addresses
 * of the thread's own memory, and its arguments.
 */

import type { Passes } from "../../../kernels/pass_signatures.ts";
import type { Gemm, Matrices, Step } from "./gemm.ts";
import { BLAS_STEP } from "./run_steps.js";
import { type Address, firstAt, Own } from "./thread_addresses.ts";

/** What a kernel has one thread do. */
export interface ThreadWork {
  /** Address of memory that the thread has for itself. */
  own(offset: number): Address;
  pass(name: keyof Passes, ...values: Address[]): void;
  /** As {@link Gemm.sgemm}. */
  sgemm(...product: Matrices<Address>): void;
}

/** Does the work at once. */
export class WorkNow implements ThreadWork {
  readonly #own: number;
  readonly #on: { readonly gemm: Gemm; readonly passes: Passes };

  constructor(on: { readonly gemm: Gemm; readonly passes: Passes }, own: number) {
    this.#on = on;
    this.#own = own;
  }

  own(offset: number): number {
    return this.#own + offset;
  }

  pass(name: keyof Passes, ...values: Address[]): void {
    (this.#on.passes[name] as (...values: number[]) => unknown)(...values as number[]);
  }

  sgemm(...product: Matrices<Address>): void {
    this.#on.gemm.sgemm(...product as Matrices<number>);
  }
}

/** Writes the work down. */
export class WrittenWork implements ThreadWork {
  /** Steps one behind the other. */
  readonly numbers: number[] = [];
  readonly #gemm: Gemm;
  readonly #own: number;
  readonly #numbers: ReadonlyMap<string, number>;

  /**
   * @param own address of the first thread's own memory; what {@link Gemm.ownBytes} says is taken
   *   by products
   * @param names of the passes, in the order of their numbers
   */
  constructor(gemm: Gemm, own: number, names: readonly string[]) {
    this.#gemm = gemm;
    this.#own = own;
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  own(offset: number): Own {
    return new Own(this.#own + this.#gemm.ownBytes + offset);
  }

  pass(name: keyof Passes, ...values: Address[]): void {
    this.#write({ call: name, values });
  }

  sgemm(...product: Matrices<Address>): void {
    for (const step of this.#gemm.steps(new Own(this.#own), product)) this.#write(step);
  }

  #write({ call, values }: Step): void {
    const { numbers } = this;
    numbers.push(call === BLAS_STEP ? call : this.#numbers.get(call)!);
    const counts = numbers.push(0, values.length) - 2;
    values.forEach((value, i) => {
      if (typeof value !== "number") numbers[counts] = numbers.push(i) - counts - 2;
    });
    for (const value of values) numbers.push(firstAt(value));
  }
}
