/**
 * The model's parameters and buffers by name, in the order in which the slots asked for them. Names
 * are the official checkpoint's keys.
 */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../fault.ts";
import type { FileValue } from "../io/file_value.ts";
import { Random, streamOf } from "../random.ts";
import { overwrite } from "../ops/kernel/overwrite.ts";
import type { Initialiser, UnreadTensors } from "../contract/slot.ts";

export interface Parameter {
  name: string;
  shape: number[];
  /** False for buffers, such as running means, and for what is frozen. */
  trained: boolean;
  /** Never changed in a run: the weights of a tower that others trained. */
  frozen: boolean;
  variable: tf.Variable;
}

/** Values by name: float32 in C order with their shapes. */
export type GivenValues = ReadonlyMap<string, { shape: number[]; data: Float32Array }>;

export class ParameterStore {
  readonly #parameters = new Map<string, Parameter>();
  #start: number | null | GivenValues;
  readonly #unused: string[] = [];

  /**
   * @param start seed of the initial values; null: zeros, for weights that are read from a file
   *     anyway; or those values, and zeros where one is not among them
   */
  constructor(start: number | null | GivenValues) {
    this.#start = start;
  }

  /**
   * Adds a parameter with its initial value: the same bytes for the same seed and name.
   *
   * @param _apart whether the official code keeps it in a file of its own
   */
  add(
    name: string,
    shape: number[],
    initialiser: Initialiser,
    trained: boolean,
    frozen = false,
    _apart = false,
  ): tf.Variable {
    if (this.#parameters.has(name)) throw new Error(`Parameter "${name}" exists twice`);
    const start = this.#startOf(name, shape, initialiser);
    const variable = tf.variable(start, trained);
    start.dispose();
    this.#parameters.set(name, { name, shape, trained, frozen, variable });
    return variable;
  }

  #startOf(name: string, shape: number[], initialiser: Initialiser): tf.Tensor {
    if (typeof this.#start === "number") {
      const random = new Random(this.#start, streamOf(`init/${name}`));
      return tf.tensor(initialiser(shape, random), shape);
    }
    const given = this.#start?.get(name);
    const fits = given !== undefined && String(given.shape) === String(shape);
    return fits ? tf.tensor(given.data, shape, "float32") : tf.zeros(shape);
  }

  /** Names that begin so may come in checkpoints; they are not kept. */
  addUnused(prefix: string, _tensors?: UnreadTensors): void {
    this.#unused.push(prefix);
  }

  has(name: string): boolean {
    return this.#parameters.has(name);
  }

  all(): Parameter[] {
    return [...this.#parameters.values()];
  }

  trained(): Parameter[] {
    return this.all().filter(({ trained }) => trained);
  }

  /** Number of trained scalars. */
  get size(): number {
    return this.trained().reduce((sum, { variable }) => sum + variable.size, 0);
  }

  /**
   * Sets every parameter and buffer, by name.
   *
   * @param values float32 in C order with their shapes; `source` names them in messages
   * @param spared names that may be missing: they keep what they have
   * @throws fault when a name is missing, unknown or of another shape; nothing is changed then
   */
  assign(
    values: Map<string, { shape: number[]; data: Float32Array }>,
    source: string,
    spared: ReadonlySet<string> = new Set(),
  ): void {
    this.#check(values, source, (name) => !spared.has(name));
    for (const { name } of this.all()) {
      const value = values.get(name);
      if (value !== undefined) this.#set(name, value.data);
    }
  }

  /**
   * Checks that the values that the store was made with are those of its parameters, all of them.
   *
   * @throws fault as {@link assign}
   */
  requireGiven(source: string): void {
    const given = this.#start;
    if (!(given instanceof Map)) throw new TypeError("The store was made without values");
    this.#check(given, source, () => true);
    this.#start = null; // they lie in tensors by now
  }

  /**
   * Sets what training changes, in the memory where it lies: recorded steps go on reading it there.
   * What is frozen may be missing.
   *
   * @throws fault as {@link assign}
   */
  overwrite(
    values: Map<string, { shape: number[]; data: Float32Array }>,
    source: string,
  ): void {
    this.#check(values, source, (_, frozen) => !frozen);
    for (const { name, frozen, variable } of this.all()) {
      if (!frozen) overwrite(variable, values.get(name)!.data);
    }
  }

  /**
   * Sets one parameter or buffer to what a file holds.
   *
   * @throws fault when the shape is another
   */
  place({ name, shape, data, path }: FileValue): void {
    const expected = this.#parameters.get(name)!.shape;
    if (String(expected) !== String(shape)) {
      throw fault(
        TypeError,
        `Cannot use "${path}": expected [${expected}] for ${name}, found [${shape}]; the file was made from other features`,
      );
    }
    this.#set(name, data);
  }

  #check(
    values: ReadonlyMap<string, { shape: number[] }>,
    source: string,
    isNeeded: (name: string, frozen: boolean) => boolean,
  ): void {
    const problems: string[] = [];
    for (const { name, shape, frozen } of this.all()) {
      const value = values.get(name);
      if (!value && !isNeeded(name, frozen)) continue;
      if (!value) problems.push(`missing ${name} [${shape}]`);
      else if (String(value.shape) !== String(shape)) {
        problems.push(`${name}: expected [${shape}], found [${value.shape}]`);
      }
    }
    for (const name of values.keys()) {
      const unused = this.#unused.some((prefix) => name.startsWith(prefix));
      if (!this.has(name) && !unused) problems.push(`unknown ${name}`);
    }
    if (problems.length) {
      const shown = problems.slice(0, 5).join("; ");
      const more = problems.length > 5 ? `; and ${problems.length - 5} more` : "";
      throw fault(
        TypeError,
        `Cannot load weights from ${source}: ${shown}${more}; the checkpoint belongs to another model or configuration`,
      );
    }
  }

  #set(name: string, data: Float32Array): void {
    const { shape, variable } = this.#parameters.get(name)!;
    const value = tf.tensor(data, shape, "float32");
    variable.assign(value);
    value.dispose();
  }

  /** Every parameter and buffer, read back from the device in one go. */
  read(): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
    return this.#read(this.all());
  }

  /** What training changes: all but the frozen parameters. */
  readChanging(): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
    return this.#read(this.all().filter(({ frozen }) => !frozen));
  }

  readFrozen(): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
    return this.#read(this.all().filter(({ frozen }) => frozen));
  }

  async #read(all: Parameter[]): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
    const data = await Promise.all(all.map(({ variable }) => variable.data()));
    return new Map(
      all.map(({ name, shape }, i) => [name, { shape, data: Float32Array.from(data[i]) }]),
    );
  }

  dispose(): void {
    for (const { variable } of this.all()) variable.dispose();
    this.#parameters.clear();
  }
}
