/**
 * An executable without the compile runtime: a start script, and behind it the running Deno and the
 * staged folder in a gzipped tar. Linux alone: the script uses its coreutils.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import startScript from "./start.sh" with { type: "text" };
import { tool } from "../../src/tool.ts";
import { permissionCases } from "./permissions.ts";
import { entriesOf } from "./stage.ts";

const SUMS = "SHA256SUMS";

/** Beside the permissions of a command: no code is ever loaded from elsewhere. */
const FLAGS = ["--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm"];

/**
 * Writes the executable of a staged folder, which gets Deno and a list of sums.
 *
 * @throws {Error} on another system than Linux, or where tar fails
 */
export async function pack(staged: string, version: string, out: string): Promise<void> {
  if (Deno.build.os !== "linux") {
    throw new Error(
      `Cannot pack a self-extracting executable for ${Deno.build.os}: build where dl.deno.land can be reached, ` +
        "which deno compile downloads its runtime from",
    );
  }
  await Deno.copyFile(Deno.execPath(), join(staged, "deno"));
  await Deno.chmod(join(staged, "deno"), 0o755);
  const entries = [...entriesOf(staged)].map((path) => path.replace(/\/$/, ""));
  const odd = entries.find((path) => !/^[\w.\/-]+$/.test(path));
  if (odd !== undefined) throw new Error(`Cannot pack "${odd}": rename it to letters, digits, ._-`);
  let bytes = 0;
  const lines: string[] = [];
  for (const path of entries) {
    if (Deno.statSync(join(staged, path)).isDirectory) continue;
    const content = Deno.readFileSync(join(staged, path));
    bytes += content.length;
    lines.push(`${sha256(content)}  ${path}\n`);
  }
  const sums = new TextEncoder().encode(lines.join(""));
  Deno.writeFileSync(join(staged, SUMS), sums);
  const platform = `linux-${Deno.build.arch}`;
  const values: Record<string, string | number> = {
    VERSION: version,
    PLATFORM: platform,
    NAME: `${version}-${platform}-${sha256(sums).slice(0, 12)}`,
    ROOM: Math.ceil(bytes / 1e6),
    SUMS: sha256(sums),
    LIST: [...entries, SUMS].join("\n"),
    FLAGS: FLAGS.join(" "),
    PERMISSIONS: permissionCases(),
    TOOL: tool.name,
  };
  const script = startScript.replace(/@([A-Z]+)@/g, (all, key) => String(values[key] ?? all));
  const payload = script.split("\n").length; // the script ends with a line break
  const text = new TextEncoder().encode(script.replaceAll("@PAYLOAD@", String(payload)));
  Deno.writeFileSync(out, text);
  const file = await Deno.open(out, { append: true });
  await tarOf(staged).pipeTo(file.writable);
  Deno.chmodSync(out, 0o755);
}

/** The same folder gives the same bytes. */
function tarOf(folder: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  const tar = new Deno.Command("tar", {
    args: ["-c", ...same, "--mode=u+w,go-w", "-C", folder, "."],
    stdout: "piped",
  }).spawn();
  const status = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    async flush() {
      const { success, code } = await tar.status;
      if (!success) throw new Error(`Cannot pack "${folder}": tar ended with ${code}`);
    },
  });
  return tar.stdout.pipeThrough(status).pipeThrough(new CompressionStream("gzip"));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
