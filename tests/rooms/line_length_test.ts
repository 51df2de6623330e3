import { assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url);
const WIDEST = 100;

/** Files below a folder, with their paths from the root. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(new URL(folder, root))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(`${path}/`);
    else if (/\.(ts|wgsl)$/.test(entry.name)) yield path;
  }
}

/** Whether the line is a comment, or ends in one that could stand in a line of its own. */
function isComment(line: string): boolean {
  return /^\s*(\/\/|\/\*\*|\*)(?! deno-)/.test(line) && !/https?:\/\/\S{60}/.test(line);
}

Deno.test("comments fit 100 columns; deno fmt leaves them as they are", () => {
  const long: string[] = [];
  for (const folder of ["src/", "kernels/", "tasks/", "tests/"]) {
    for (const path of filesBelow(folder)) {
      if (path === "kernels/pass_signatures.ts") continue; // generated: sources with an indent
      const lines = Deno.readTextFileSync(new URL(path, root)).split("\n");
      lines.forEach((line, i) => {
        if (line.length > WIDEST && isComment(line)) long.push(`${path}:${i + 1}`);
      });
    }
  }
  assertEquals(long, []);
});
