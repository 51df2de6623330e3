/** What a release consists of, beside the executables. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LicensedPart } from "../../src/commands/licenses.ts";
import { tool } from "../../src/tool.ts";
import { repository } from "../executable/repository.ts";
import { sbomOf } from "./sbom.ts";

/** Names of executables: wsvad-linux-x86_64, wsvad-windows-x86_64.exe. */
const EXECUTABLE = /^wsvad-(linux|darwin|windows)-(x86_64|aarch64)(\.exe)?$/;

/** @throws {Error} the tag is not that of the version in deno.json, or CHANGELOG.md lacks it */
export function checkTag(tag: string): void {
  if (tag !== `v${tool.version}`) {
    throw new Error(
      `Cannot release ${tag}: deno.json has version ${tool.version}; set it, or tag v${tool.version}`,
    );
  }
  notesOf(tool.version);
}

/**
 * The section of a version in CHANGELOG.md, without its title.
 *
 * @throws {Error} there is none
 */
function notesOf(version: string): string {
  const text = readFileSync(join(repository, "CHANGELOG.md"), "utf8");
  const sections = text.split(/^## /m).slice(1);
  const found = sections.find((section) => section.split("\n")[0].trim() === version);
  if (found !== undefined) return found.slice(found.indexOf("\n")).trim();
  throw new Error(`Cannot release ${version}: CHANGELOG.md has no section "## ${version}"`);
}

/**
 * Writes SHA256SUMS, wsvad.cdx.json, notes.md and install.sh beside the executables of a folder.
 *
 * @param releases address of the releases, to which /latest/download/NAME is added
 * @returns paths of what was written
 * @throws {Error} no executable is there, or none that runs here and tells its licences
 */
export async function finishRelease(folder: string, releases: string): Promise<string[]> {
  const names = readdirSync(folder).filter((name) => EXECUTABLE.test(name)).sort();
  const own = names.find((name) => name.startsWith(`wsvad-${Deno.build.os}-${Deno.build.arch}`));
  if (own === undefined) {
    throw new Error(
      `Cannot finish the release in "${folder}": no wsvad-${Deno.build.os}-${Deno.build.arch} in it, whose ` +
        `licences make the SBOM (found: ${names.join(", ") || "no executable"})`,
    );
  }
  const written: string[] = [];
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    written.push(join(folder, name));
  };
  const sums = names.map((name) => ({ name, sha256: sha256(join(folder, name)) }));
  write("wsvad.cdx.json", sbomOf(await partsOf(join(folder, own)), sums));
  write("install.sh", installScript(releases));
  write("notes.md", `${notesOf(tool.version)}\n`);
  const all = [...names, "wsvad.cdx.json", "install.sh"];
  write("SHA256SUMS", all.map((name) => `${sha256(join(folder, name))}  ${name}\n`).join(""));
  return written;
}

function installScript(releases: string): string {
  if (!/^https?:\/\/[\w.:/-]+[^/]$/.test(releases)) {
    throw new Error(`Cannot use the address "${releases}" of releases: expected https://...`);
  }
  return readFileSync(join(repository, "install.sh"), "utf8").replace("@RELEASES@", releases);
}

async function partsOf(executable: string): Promise<LicensedPart[]> {
  const command = new Deno.Command(executable, { args: ["licenses", "--json"], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(`Cannot ask "${executable}" what is inside: ${new TextDecoder().decode(stderr)}`);
}

function sha256(path: string): string {
  if (!existsSync(path) || !statSync(path).isFile()) throw new Error(`Cannot read "${path}"`);
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
