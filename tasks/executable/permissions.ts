/**
 * What Deno lets each command of an executable do. Reading and the environment are every command's;
 * `src/` needs no network but for what is named here, and no code ever comes from elsewhere.
 */

import { markdownTable } from "../../src/config/markdown_table.ts";
import { tool } from "../../src/tool.ts";

/** Of any command: `--help`, a word that is none, and those that only print. */
const EVERY = [
  "--allow-read",
  "--allow-env",
  "--allow-sys=hostname,homedir,loadavg,systemMemoryInfo,cpus,osRelease,uid",
];
const WRITE = "--allow-write";
/** A BLAS lies anywhere, and its name may be all that is known of it. */
const FFI = "--allow-ffi";
const RUN = "--allow-run=";
const VIDEO = `${RUN}ffmpeg,ffprobe`, PACKAGES = "apt-get,dpkg-deb";
/** Tasks of a launcher: itself, and Slurm. */
const TASKS = `${tool.name},sbatch,squeue`;
const PAGES = "--allow-net=127.0.0.1";

const COMPUTES = [WRITE, FFI];

/** By command, or by its first two words; the longer name counts. */
const FURTHER: Record<string, string[]> = {
  demo: [...COMPUTES, VIDEO],
  train: COMPUTES,
  eval: COMPUTES,
  score: [...COMPUTES, VIDEO, PAGES],
  extract: [...COMPUTES, `${VIDEO},${TASKS}`],
  import: COMPUTES,
  export: [WRITE],
  verify: [FFI],
  data: COMPUTES,
  "data download": [WRITE, "--allow-net"],
  doctor: [...COMPUTES, `${VIDEO},${PACKAGES}`],
  bench: COMPUTES,
  dictionary: COMPUTES,
  matrix: [...COMPUTES, `${RUN}${TASKS}`],
  watch: [WRITE, PAGES],
  report: [WRITE],
  compare: [WRITE],
  runs: [WRITE],
};

/** Commands that only print. */
export const printing = ["config", "slots", "completion", "licenses", "version"];

/** The flags of a command, or of "data download". */
export function permissionsOf(command: string): string[] {
  return [...EVERY, ...FURTHER[command] ?? []];
}

/** Every name that has flags of its own, longer ones first. */
export const commandsWithPermissions = Object.keys(FURTHER)
  .toSorted((a, b) => b.split(" ").length - a.split(" ").length);

/** What all commands together may do: of a file that cannot tell them apart before it starts. */
export const allPermissions = [
  ...EVERY,
  ...COMPUTES,
  "--allow-run",
  "--allow-net",
];

/**
 * The branches of the start script's `case`, over `"$1 $2 "`. Programs stand apart: Deno complains
 * of a flag that names one which is not there.
 */
export function permissionCases(): string {
  const branch = (pattern: string, flags: string[]) => {
    const programs = flags.find((flag) => flag.startsWith(RUN))?.slice(RUN.length) ?? "";
    const others = flags.filter((flag) => !flag.startsWith(RUN)).join(" ");
    return `${pattern}) allow='${others}' programs='${programs.replaceAll(",", " ")}' ;;`;
  };
  const named = commandsWithPermissions.map((name) => branch(`"${name} "*`, permissionsOf(name)));
  return [...named, branch("*", EVERY)].join("\n");
}

const BLOCK = /(<!-- permissions -->\n)(.*?)(<!-- end of permissions -->)/gs;

/** A page with the table of these permissions made anew, a row for commands of the same ones. */
export function withPermissions(page: string): string {
  const groups = Map.groupBy(Object.keys(FURTHER), (name) => FURTHER[name].join(" "));
  const rows = [...groups].map(([flags, names]) => [
    names.map((name) => `\`${name}\``).join(", "),
    `\`${flags}\``,
  ]);
  const table = markdownTable([
    ["command", "may also"],
    ...rows,
    [[...printing, "--help"].map((name) => `\`${name}\``).join(", "), "nothing more"],
  ]);
  return page.replaceAll(
    BLOCK,
    (_, open: string, _old, close: string) =>
      `${open}\nEvery command: \`${EVERY.join(" ")}\`.\n\n${table}\n\n${close}`,
  );
}
