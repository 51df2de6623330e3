/**
 * The rooms of src/ in their order, as the README lists them: the one place where that list stands.
 */

import { join } from "node:path";
import { type Arrow, root } from "./imports.ts";

/** Rooms from the top down; those of one line are neighbours, which do not import each other. */
export function readRooms(readme = Deno.readTextFileSync(join(root, "README.md"))): string[][] {
  const [, list] = /^## Where things are$[^]*?^```\n([^]*?)^```$/m.exec(readme) ?? [];
  if (list === undefined) throw new Error('README.md has no list below "Where things are"');
  return list.split("\n").map((line) =>
    [...line.matchAll(/(?:^| )src\/([\w*.]+)/g)].map(([, room]) => room === "*.ts" ? "" : room)
  ).filter((rooms) => rooms.length > 0);
}

/**
 * The room of a file: "ops" of "src/ops/gelu/cpu.ts", "" of "src/fault.ts"; null outside of src.
 */
export function roomOf(path: string): string | null {
  const [, room] = /^src\/(?:([^/]+)\/)?[^/]/.exec(path) ?? [];
  return path.startsWith("src/") ? room ?? "" : null;
}

/** What is wrong with an import, in words; null where it points down or stays in its room. */
export function objection({ from, to }: Arrow, rooms: string[][]): string | null {
  const levelOf = (room: string | null) => rooms.findIndex((some) => some.includes(room!));
  const own = roomOf(from), other = roomOf(to);
  if (own === null) {
    return to.startsWith("kernels/") ? null : `${from} imports ${to}: kernels import kernels alone`;
  }
  if (other === null) {
    if (/^(kernels|configs|tests\/golden)(\/|$)/.test(to) || to === "deno.json") return null;
    return `${from} imports ${to}: src imports nothing but src, kernels, configs, golden cases and deno.json`;
  }
  if (own === other) return null;
  for (const [file, room] of [[from, own], [to, other]]) {
    if (levelOf(room) < 0) return `${file} lies in a room that README.md does not list`;
  }
  if (levelOf(own) < levelOf(other)) return null;
  const name = (room: string) => room === "" ? "src" : `src/${room}`;
  return `${from} imports ${to}: ${name(other)} stands ${
    levelOf(own) === levelOf(other) ? "beside" : "above"
  } ${name(own)} in the list of README.md, and imports point down`;
}
