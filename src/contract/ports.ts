/** Reading of port texts ("B N T D : text_aligned") and the check whether one fits another. */

import type { Ports, Sizes } from "./slot.ts";

export interface Port {
  /** Letters for open sizes, numbers for known ones. */
  axes: (string | number)[];
  properties: string[];
}

/** Sizes that only a batch decides. */
const OPEN = new Set(["B", "N", "T"]);

/** Reads one port text; letters that `sizes` knows become numbers. */
export function parsePort(text: string, sizes: Sizes = {}): Port {
  const [shape, properties = ""] = text.split(":");
  const axes = shape.trim().split(/\s+/).map((axis) => {
    if (/^\d+$/.test(axis)) return Number(axis);
    return !OPEN.has(axis) && axis in sizes ? sizes[axis] : axis;
  });
  return { axes, properties: properties.split(",").map((name) => name.trim()).filter(Boolean) };
}

/** The port as a person reads it: "[B, N, T, 2048]". */
export function portText({ axes, properties }: Port): string {
  return `[${axes.join(", ")}]${properties.length ? ` (${properties.join(", ")})` : ""}`;
}

/**
 * Fits what an entry requires to what the chain provides, binding the letters of the requirement.
 *
 * @param sizes letters bound so far; bound further by this call
 * @returns what does not fit, in words, or undefined
 */
export function bindPort(required: Port, provided: Port, sizes: Sizes): string | undefined {
  const missing = required.properties.filter((name) => !provided.properties.includes(name));
  if (missing.length) return `it must be ${missing.join(" and ")}, found ${portText(provided)}`;
  const mismatch = `expected ${portText(required)}, found ${portText(provided)}`;
  if (required.axes.length !== provided.axes.length) return mismatch;
  for (const [i, want] of required.axes.entries()) {
    const have = provided.axes[i];
    if (typeof have === "string") {
      if (want !== have) return mismatch;
    } else if (typeof want === "number") {
      if (want !== have) return mismatch;
    } else if (want in sizes && sizes[want] !== have) {
      return `${mismatch}, where ${want} is already ${sizes[want]}`;
    } else {
      sizes[want] = have;
    }
  }
  return undefined;
}

/** Reads a record of ports. */
export function parsePorts(ports: Ports, sizes: Sizes = {}): Map<string, Port> {
  return new Map(Object.entries(ports).map(([name, text]) => [name, parsePort(text, sizes)]));
}
