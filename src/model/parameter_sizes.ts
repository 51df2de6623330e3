/**
 * How large the parameters of a model become, counted by the code that builds it before any value
 * is made: a size that a user mistyped is refused by its key, and memory is never asked for it.
 */

import type * as tf from "@tensorflow/tfjs";
import { formatBytes } from "../device/bytes.ts";
import { fault, isFault } from "../fault.ts";
import { buildChain, type ParameterPlaces } from "./assemble.ts";
import { checkChain, type ModelConfig } from "./chain.ts";

/** What parameters may take. */
export interface Room {
  /** Bytes of all of them, copies included. */
  limit: number;
  /** Bytes of one of them. */
  largestTensor: number;
  /**
   * Copies of each trained parameter that lie beside it: its gradient, and what the optimiser
   * keeps.
   */
  copies: number;
  /** Who has the room, for messages. */
  owner: string;
}

/** Parameters of a model; the largest of ours has some hundreds. */
const MOST_PARAMETERS = 10_000;

interface Place {
  name: string;
  shape: number[];
}

/** Ends the counting of a model whose parameters have no room. */
class NoRoom extends Error {
  constructor(readonly found: string) {
    super(found);
  }
}

/** Counts where {@link ParameterStore} keeps. */
class CountedParameters implements ParameterPlaces {
  readonly #places = new Map<string, Place & { trained: boolean }>();
  #bytes = 0;

  constructor(readonly room: Room) {}

  has(name: string): boolean {
    return this.#places.has(name);
  }

  add(name: string, shape: number[], _: unknown, trained: boolean): tf.Variable {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    this.#bytes += bytes * (trained ? 1 + this.room.copies : 1);
    this.#places.set(name, { name, shape, trained });
    const { limit, largestTensor, owner } = this.room;
    const has = `${owner} has ${formatBytes(limit)}`;
    if (bytes > Math.min(limit, largestTensor)) {
      const text = `"${name}" [${shape.join(", ")}] takes ${formatBytes(bytes)}`;
      throw new NoRoom(
        bytes > limit
          ? `${text}, ${has}`
          : `${text}, ${owner} takes ${formatBytes(largestTensor)} in one piece`,
      );
    }
    if (this.#bytes > limit) {
      throw new NoRoom(
        `parameters${this.room.copies > 0 ? " with what training keeps of each" : ""} take over ${
          formatBytes(this.#bytes)
        }, ${has}`,
      );
    }
    if (this.#places.size > MOST_PARAMETERS) {
      throw new NoRoom(`the model has over ${MOST_PARAMETERS} parameters`);
    }
    return { name, shape, rank: shape.length, size: bytes / 4 } as unknown as tf.Variable;
  }

  addUnused(): void {}

  trained(): { name: string; shape: number[]; variable: tf.Variable }[] {
    return [...this.#places.values()].filter(({ trained }) => trained)
      .map((place) => ({ ...place, variable: place as unknown as tf.Variable }));
  }
}

/** Why the parameters have no room, or null where they have. */
function lackOfRoom(config: ModelConfig, room: Room): string | null {
  try {
    buildChain(checkChain(config), config, new CountedParameters(room));
    return null;
  } catch (error) {
    if (error instanceof NoRoom) return error.found;
    throw error;
  }
}

/**
 * Refuses a model whose parameters have no room.
 *
 * @throws {RangeError} a fault: the size, what there is, the setting that makes it and a value that
 *     fits
 */
export function requireParametersFit(config: ModelConfig, room: Room, name: string): void {
  const found = lackOfRoom(config, room);
  if (found === null) return;
  throw fault(RangeError, `Cannot build ${name}: ${found}${advice(config, room)}`);
}

/** A number among the settings, with the settings that another number in its place makes. */
interface Size {
  value: number;
  /** `runner.head.hidden=[512,32]`, with another number. */
  setting: (value: number) => string;
  with: (value: number) => ModelConfig;
}

/** The largest setting of which a part fits, all others being as they are. */
function advice(config: ModelConfig, room: Room): string {
  const sizes = sizesOf(config).sort((a, b) => b.value - a.value);
  for (const { value, setting, with: changed } of sizes) {
    for (let smaller = Math.floor(value / 2); smaller >= 1; smaller = Math.floor(smaller / 2)) {
      if (fits(changed(smaller), room)) {
        return `; lower ${setting(value)}: ${setting(smaller)} fits`;
      }
    }
  }
  return "; lower the sizes of its encoder and head";
}

function fits(config: ModelConfig, room: Room): boolean {
  try {
    return lackOfRoom(config, room) === null;
  } catch (error) {
    // A part of a size may be one that the entry refuses: heads that do not divide it.
    if (isFault(error) || error instanceof Error && error.name.includes("Zod")) return false;
    throw error;
  }
}

/**
 * Whole numbers above 1 among the settings of the slots, one level into lists, and the channels of
 * the features.
 */
function sizesOf(config: ModelConfig): Size[] {
  const sizes: Size[] = [{
    value: config.features.dim,
    setting: (value) => `runner.features.dim=${value}`,
    with: (value) => ({ ...config, features: { ...config.features, dim: value } }),
  }];
  const isSize = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 1;
  for (const kind of ["encoder", "head", "branch"] as const) {
    const entry = config[kind];
    for (const [key, given] of Object.entries(entry ?? {})) {
      const changed = (value: unknown) => ({ ...config, [kind]: { ...entry, [key]: value } });
      const setting = (value: unknown) => `runner.${kind}.${key}=${JSON.stringify(value)}`;
      if (isSize(given)) sizes.push({ value: given, setting, with: changed });
      if (!Array.isArray(given)) continue;
      for (const [i, part] of given.entries()) {
        if (!isSize(part)) continue;
        const list = (value: number) => given.with(i, value);
        sizes.push({
          value: part,
          setting: (value) => setting(list(value)),
          with: (value) => changed(list(value)),
        });
      }
    }
  }
  return sizes;
}
