/**
 * The import statements of the project's own files, as text: types too, since a type is an arrow
 * like any other.
 */

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** One import of a file of the project. */
export interface Arrow {
  /** Paths from the root, as in "src/ops/attention/op.ts". */
  from: string;
  to: string;
}

/** All files below a folder that end in .ts, sorted. */
export function sources(folder: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...sources(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** `from "./x.ts"`, `import "./x.ts"`, `import("./x.ts")` and `new URL("./x", import.meta.url)`. */
const SPECIFIERS = /(?:\bfrom|\bimport|\bimport\s*\(|\bnew URL\()\s*"([^"]+)"/g;

/** What the text of a file names in its imports, comments left out. */
export function specifiersOf(text: string): string[] {
  const code = text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(SPECIFIERS)].map(([, specifier]) => specifier);
}

/** The imports of one file that stay within the project. */
export function arrowsOf(file: string): Arrow[] {
  return specifiersOf(Deno.readTextFileSync(join(root, file)))
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => ({
      from: file,
      to: relative(root, join(root, dirname(file), specifier)).replaceAll("\\", "/"),
    }));
}

/** What a file loads at once: imports of types and those in a function left out. */
export function loadedBy(file: string): string[] {
  const code = Deno.readTextFileSync(join(root, file)).replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, "");
  const statements = code.matchAll(/^(?:import|export)\b(?! type\b)[^;]*?"([^"]+)"/gm);
  return [...statements].filter(([text]) => /\bfrom\b|^import "/.test(text))
    .filter(([text]) => !/^(?:import|export) \{(?:\s*type \w+,?)+\s*\} from/.test(text))
    .map(([, specifier]) =>
      specifier.startsWith(".")
        ? relative(root, join(root, dirname(file), specifier)).replaceAll("\\", "/")
        : specifier
    );
}

/** Imports by the file that has them. */
export function graphOf(arrows: Arrow[]): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const { from, to } of arrows) graph.set(from, [...graph.get(from) ?? [], to]);
  return graph;
}

/**
 * Files that import each other in a circle, each circle once: the files along it, the first one
 * again at its end.
 */
export function circles(graph: Map<string, string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) return void found.push([...path.slice(at), file]);
    if (done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}
