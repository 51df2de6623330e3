/**
 * Mistakes of every kind, on files in a folder: each gets one message and exit code 1, and no file
 * or folder appears, changes or goes.
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { writeInputs } from "./bad_inputs.ts";
import { CHECKPOINTS, DEVICES, type Mistake, OUTPUTS, SETTINGS, train } from "./mistakes.ts";
import { FEATURES } from "./mistakes_in_data.ts";
import { PATHS } from "./mistakes_in_paths.ts";
import { type Outcome, wsvad, wsvadEach } from "./run_wsvad.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
await writeInputs(folder);

/** A good run, in the folder from the first test on that asks for it. */
const goodRun = (() => {
  let made: Promise<Outcome> | undefined;
  return async () => {
    const { code, stderr } = await (made ??= wsvad(train("--out", "run"), folder));
    assertEquals(code, 0, stderr);
    const config = await Deno.readTextFile(join(folder, "run", "config.yaml"));
    for (const name of ["another_model", "damaged"]) {
      await Deno.writeTextFile(join(folder, name, "config.yaml"), config);
    }
  };
})();

/** Every file and folder below a path, with the contents. */
function contents(path = folder, name = "."): Record<string, string> {
  const all: Record<string, string> = { [name]: "" };
  for (const entry of Deno.readDirSync(path)) {
    const below = join(path, entry.name);
    if (entry.isDirectory) Object.assign(all, contents(below, join(name, entry.name)));
    else if (entry.isSymlink) all[join(name, entry.name)] = Deno.readLinkSync(below);
    else if (entry.isFile) all[join(name, entry.name)] = Deno.readFileSync(below).toBase64();
    else all[join(name, entry.name)] = "a pipe";
  }
  return all;
}

function assertUnchanged(before: Record<string, string>): void {
  const after = contents();
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => before[name] !== after[name]);
  assertEquals(changed, [], "files and folders that came, changed or went");
}

function assertRefused({ code, stdout, stderr }: Outcome, message: string | RegExp): void {
  // What is found only in the middle of the work comes after the lines with which the work begins.
  const text = stderr.trimEnd().replaceAll(folder, "<folder>")
    .replace(/^\w+(, weights| on \w+: ).*\n(The BLAS is off.*\n|This GPU is software.*\n)?/, "");
  assertEquals([code, stdout], [1, ""], text);
  if (typeof message === "string") assertStringIncludes(text, message);
  else assertMatch(text, message);
  assertEquals(text.split("\n").length, 1, `one message:\n${text}`);
  assert(!text.endsWith("."), text);
}

async function refuseAll(mistakes: Mistake[]): Promise<void> {
  await goodRun();
  const before = contents();
  const tried = mistakes.filter(({ ignore }) => !ignore);
  const outcomes = await wsvadEach(tried.map(({ args }) => args), folder);
  tried.forEach(({ what, args, message }, i) => {
    try {
      assertRefused(outcomes[i], message);
    } catch (error) {
      throw new Error(`${what}: wsvad ${args.join(" ")}`, { cause: error });
    }
  });
  assertUnchanged(before);
}

const GROUPS: [what: string, mistakes: Mistake[]][] = [
  ["settings", SETTINGS],
  ["features and labels", FEATURES],
  ["places for results", OUTPUTS],
  ["checkpoints and what is scored with them", CHECKPOINTS],
  ["devices", DEVICES],
  ["paths of every kind", PATHS],
];

for (const [what, mistakes] of GROUPS) {
  Deno.test(`wsvad refuses mistakes in ${what}: one message, exit code 1, nothing lost`, () =>
    refuseAll(mistakes));
}
