import { join } from "node:path";
import type { Outcome } from "../cli/run_wsvad.ts";

/**
 * Runs Deno where files may not be larger than `kilobytes`. Its own caches grow beyond such a
 * limit, so this one gets a fresh place for them in `folder`.
 */
export async function underSizeLimit(
  folder: string,
  kilobytes: number,
  args: string[],
): Promise<Outcome> {
  const info = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] });
  const { npmCache } = JSON.parse(new TextDecoder().decode((await info.output()).stdout));
  const cache = join(folder, "deno");
  await Deno.mkdir(cache, { recursive: true });
  await Deno.symlink(npmCache, join(cache, "npm"));
  const command = new Deno.Command("bash", {
    args: ["-c", `ulimit -f ${kilobytes}; exec "$0" "$@"`, Deno.execPath(), ...args],
    env: { DENO_DIR: cache, NO_COLOR: "1" },
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
