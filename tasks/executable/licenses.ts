/** The licences of what an executable carries, as `wsvad licenses` reads them. */

import { dirname, join } from "node:path";
import type { LicensedPart } from "../../src/commands/licenses.ts";
import { tool } from "../../src/tool.ts";
import type { CarriedPackage } from "./carried_blas.ts";
import { repository } from "./repository.ts";

const NAMES = /^(licen[cs]e|copying|notice)/i;

/**
 * @param packages `NAME/VERSION` of the npm packages that the bundle took code from
 * @param npm the folder that has them
 * @param libraries Debian packages
 */
export function licensedParts(
  packages: string[],
  npm: string,
  libraries: CarriedPackage[],
): LicensedPart[] {
  // Compiled into the passes of the cpu device: the runtime of their language.
  const compiler = /npm:(assemblyscript@[\d.]+)/.exec(JSON.stringify(manifest().imports))![1];
  const all = [...packages, compiler.replace("@", "/")].sort().map((name) => npmPart(name, npm));
  // TensorFlow.js's packages name their licence and leave its text out, which names no author.
  const apache = all.find((part) => part.license === "Apache-2.0" && part.text !== "")!.text;
  return [
    { name: tool.name, version: tool.version, license: "", text: textIn(repository) },
    {
      name: "deno",
      version: Deno.version.deno,
      license: "MIT",
      text: textIn(dirname(Deno.execPath())) ||
        `See https://github.com/denoland/deno/blob/v${Deno.version.deno}/LICENSE.md`,
    },
    ...all.map((part) => ({
      ...part,
      text: part.text || (part.license.includes("Apache-2.0") ? apache : ""),
    })),
    ...libraries.map((library) => ({ ...library, license: "see its text" })),
  ];
}

function npmPart(name: string, npm: string): LicensedPart {
  const folder = join(npm, name), at = name.lastIndexOf("/");
  const { license, author, repository } = JSON.parse(
    Deno.readTextFileSync(join(folder, "package.json")),
  );
  if (typeof license !== "string") {
    throw new Error(`Cannot list the licence of ${name}: its package.json names none`);
  }
  const by = author?.name ?? author ?? "its contributors", from = repository?.url ?? repository;
  const text = textIn(folder) ||
    (license.includes("Apache-2.0") ? "" : `${license}, by ${by}; from ${from}`);
  return { name: name.slice(0, at), version: name.slice(at + 1), license, text };
}

/** The licence files of a folder, or else what its README says under that heading. */
function textIn(folder: string): string {
  const names = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile)
    .map(({ name }) => name).sort();
  const read = (name: string) => Deno.readTextFileSync(join(folder, name));
  const text = names.filter((name) => NAMES.test(name)).map(read).join("\n");
  if (text !== "" || !names.includes("README.md")) return text;
  return /^(?:#+ *licen[cs]e|licen[cs]e\b.*\n[-=]+$)(?:.|\n)*/im.exec(read("README.md"))?.[0] ?? "";
}

function manifest(): { imports: Record<string, string> } {
  return JSON.parse(Deno.readTextFileSync(join(repository, "deno.json")));
}
