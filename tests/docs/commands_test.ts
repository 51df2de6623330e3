import { assert, assertEquals, assertThrows } from "@std/assert";
import { cp, symlink } from "node:fs/promises";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { hasShared, shared } from "../support/shared.ts";
import { shownCommands, withoutNpx } from "./shown_commands.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const longestMinutes = 5;

Deno.test("shownCommands() finds the commands of shell blocks, in order", () => {
  const page = [
    "Type `deno task nothing` or",
    "```sh",
    "git clone x && cd x",
    "npx -y deno@2.9.6 task demo",
    "npx -y deno@2.9.6 task wsvad doctor",
    "# a remark",
    "$ deno task wsvad train \\",
    "    data=folder   # with a remark",
    "```",
    "```ts",
    "deno task wsvad not shell",
    "```",
    "<!-- not run: needs the whole data set -->",
    "",
    "```sh",
    "deno task wsvad train data=ucf_crime",
    "```",
    "```bash",
    "NO_COLOR=1 deno task wsvad slots",
    "deno task test",
    "deno task tests",
    "```",
  ];
  assertEquals(shownCommands(page.join("\n")), [
    { line: 5, command: "npx -y deno@2.9.6 task wsvad doctor" },
    { line: 7, command: "deno task wsvad train data=folder   # with a remark" },
    { line: 19, command: "NO_COLOR=1 deno task wsvad slots" },
    { line: 21, command: "deno task tests" },
  ]);
  assertThrows(() => shownCommands("x\n```sh\ndeno task x"), SyntaxError, "line 2");
});

Deno.test("withoutNpx() names the Deno that is there", () => {
  assertEquals(withoutNpx("A=1 npx -y deno@2.9.6 task demo x"), "A=1 deno task demo x");
  assertEquals(withoutNpx("deno task demo"), "deno task demo");
});

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
    ["runs", "scores", "outputs", ".git", "node_modules"].map((name) => join(repository, name)),
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

for (const page of pages()) {
  const name = relative(repository, page);
  const commands = shownCommands(Deno.readTextFileSync(page));
  if (commands.length === 0) continue;
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
