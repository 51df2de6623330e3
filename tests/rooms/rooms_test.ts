import { assert, assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { arrowsOf, circles, graphOf, loadedBy, root, sources, specifiersOf } from "./imports.ts";
import { objection, readRooms, roomOf } from "./rooms.ts";

const files = ["main.ts", ...sources("src"), ...sources("kernels")];
const arrows = files.flatMap(arrowsOf);

Deno.test("the README lists every room of src/ once, and no other", () => {
  const listed = readRooms().flat().sort();
  const found = [...new Set(sources("src").map((file) => roomOf(file)!))].sort();
  assertEquals(listed, found);
});

Deno.test("imports point down the list of rooms", () => {
  const rooms = readRooms();
  const wrong = arrows.filter(({ from }) => from !== "main.ts")
    .map((arrow) => objection(arrow, rooms)).filter((text) => text !== null);
  assertEquals(wrong, []);
});

Deno.test("no file imports itself, through others either", () => {
  assertEquals(circles(graphOf(arrows)).map((circle) => circle.join(" -> ")), []);
});

/** The files by which one loads a package, from itself to its name; null where it does not. */
function loads(file: string, wanted: RegExp, seen = new Set<string>()): string[] | null {
  if (wanted.test(file)) return [file];
  if (seen.has(file) || !file.endsWith(".ts")) return null;
  seen.add(file);
  for (const next of loadedBy(file)) {
    const found = loads(next, wanted, seen);
    if (found) return [file, ...found];
  }
  return null;
}

Deno.test("the rooms of numbers, files and words, and the command line, load no tfjs", () => {
  const without = ["cli", "metrics", "frames", "io", "config", "text", "data", "report", "launch"];
  const wrong = files.filter((file) => without.includes(roomOf(file) ?? ""))
    .map((file) => loads(file, /^@tensorflow\/|^tfjs-whole$/)).filter((found) => found !== null);
  assertEquals(wrong.map((files) => files.join(" -> ")), []);
});

Deno.test("scoring, evaluation and extraction load tfjs's core alone; gradients bring the rest", () => {
  const whole = (file: string) => loads(file, /^tfjs-whole$/);
  const commands = ["score_files", "score_videos", "run_evaluation", "extract_features"];
  const wrong = commands.map((name) => whole(`src/commands/${name}.ts`)).filter((found) => found);
  assertEquals(wrong, []);
  assert(whole("src/ops/tfjs_gradients.ts"));
});

Deno.test("every import of the project names a file that is there", () => {
  for (const { from, to } of arrows) {
    assert(existsSync(join(root, to)), `${from} imports ${to}`);
  }
});

Deno.test("objection() names the import that climbs, the one to a neighbour, and the one that leaves the house", () => {
  const rooms = [["cli"], ["heads", "losses"], ["ops"], [""]];
  const of = (from: string, to: string) => objection({ from, to }, rooms);
  assertEquals(of("src/heads/mlp.ts", "src/ops/gelu/cpu.ts"), null);
  assertEquals(of("src/heads/mlp.ts", "src/heads/other.ts"), null);
  assertEquals(of("src/ops/gelu/op.ts", "kernels/gelu.wgsl"), null);
  assertEquals(
    of("src/ops/gelu/op.ts", "src/heads/mlp.ts"),
    "src/ops/gelu/op.ts imports src/heads/mlp.ts: src/heads stands above src/ops in the list of README.md, and imports point down",
  );
  assertEquals(
    of("src/losses/ranking.ts", "src/heads/mlp.ts"),
    "src/losses/ranking.ts imports src/heads/mlp.ts: src/heads stands beside src/losses in the list of README.md, and imports point down",
  );
  for (
    const [from, to] of [
      ["src/fault.ts", "src/ops/gelu/op.ts"],
      ["src/attic/old.ts", "src/fault.ts"],
      ["src/ops/gelu/op.ts", "tests/ops/gelu_test.ts"],
      ["kernels/cpu/passes.ts", "src/fault.ts"],
    ]
  ) assert(of(from, to) !== null, `${from} -> ${to}`);
});

Deno.test("circles() gives the files along a circle, and nothing for a diamond", () => {
  const graph = (text: string) =>
    graphOf(text.split(" ").map((pair) => ({ from: pair[0], to: pair[1] })));
  assertEquals(circles(graph("ab ac bd cd")), []);
  assertEquals(circles(graph("ab bc ca cd")), [["a", "b", "c", "a"]]);
  assertEquals(circles(graph("aa")), [["a", "a"]]);
});

Deno.test("specifiersOf() reads all forms of imports, and none in a comment", () => {
  const text = [
    'import a from "./a.ts";',
    'import type { B } from "./b.ts";',
    'export * from "./c.ts";',
    'import "./d.ts";',
    'const e = await import("./e.ts");',
    'import f from "./f.wgsl" with { type: "text" };',
    'const g = new URL("./g.ts", import.meta.url);',
    "import {",
    "  h,",
    '} from "./h.ts";',
    '// import i from "./i.ts"',
    ' * import j from "./j.ts"',
  ].join("\n");
  assertEquals(
    specifiersOf(text),
    ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) =>
      `./${name}.${name === "f" ? "wgsl" : "ts"}`
    ),
  );
});
