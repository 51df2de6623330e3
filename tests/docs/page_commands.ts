/** Every shell command that README and docs/ show does its work. */

import { assert } from "@std/assert";
import { cp, symlink } from "node:fs/promises";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hasShared, shared } from "../support/shared.ts";
import { shownCommands, withoutNpx } from "./shown_commands.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const longestMinutes = 5;

/** Pages that a newcomer types first: the quick tests run their commands, test:full all others. */
export const readFirst = (name: string): boolean =>
  name === "README.md" || name === "docs/getting_started.md";

function* pagesIn(folder: string): Generator<string> {
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* pagesIn(path);
    else if (entry.name.endsWith(".md")) yield path;
  }
}

function* pages(): Generator<string> {
  for (const { name } of Deno.readDirSync(repository)) {
    if (name === "README.md") yield join(repository, name);
    if (name === "docs") yield* pagesIn(join(repository, name));
  }
}

/** A copy of the working folder, as a reader would have it, beside the same `shared` folder. */
async function copyOfRepository(parent: string): Promise<string> {
  const copy = join(parent, "wsvad");
  const left = new Set(
    ["runs", "scores", "outputs", "dist", ".git", "node_modules"].map((name) =>
      join(repository, name)
    ),
  );
  await cp(repository, copy, {
    recursive: true,
    filter: (path) => !left.has(path.replace(/[\\/]$/, "")),
  });
  if (hasShared) await symlink(dirname(shared("x")), join(parent, "shared"), "junction");
  return copy;
}

async function runCommand(command: string, cwd: string): Promise<{ ok: boolean; text: string }> {
  const path = `${dirname(Deno.execPath())}${delimiter}${Deno.env.get("PATH") ?? ""}`;
  const child = new Deno.Command("bash", {
    args: ["-c", withoutNpx(command)],
    cwd,
    env: { PATH: path, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(longestMinutes * 60_000),
  });
  const { code, success, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    ok: success,
    text: `exit code ${code}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`.slice(-4000),
  };
}

/** Tests the commands of README and of the pages below docs/ that are chosen. */
export function testPages(chosen: (name: string) => boolean): void {
  for (const page of pages()) {
    const name = relative(repository, page).replaceAll("\\", "/");
    if (chosen(name)) testPage(page, name);
  }
}

/** A page's commands run one after the other, in one copy of the working folder. */
function testPage(page: string, name: string): void {
  const commands = shownCommands(Deno.readTextFileSync(page));
  if (commands.length === 0) return;
  Deno.test({
    name: `${name} shows ${commands.length} commands, and each does its work`,
    ignore: !hasShared && commands.some(({ command }) => command.includes("../shared")),
    async fn(test) {
      const parent = await Deno.makeTempDir({ prefix: `wsvad_${basename(name, ".md")}_` });
      try {
        const cwd = await copyOfRepository(parent);
        for (const { line, command } of commands) {
          const ran = await test.step(`${name}:${line}: ${command}`, async () => {
            const { ok, text } = await runCommand(command, cwd);
            assert(ok, `${name}:${line}: ${command}\n${text}`);
          });
          // Later commands of a page build on the earlier ones.
          if (!ran) return;
        }
      } finally {
        await Deno.remove(parent, { recursive: true });
      }
    },
  });
}
