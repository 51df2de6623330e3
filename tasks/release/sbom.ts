/** The parts of an executable as a bill of materials: CycloneDX 1.6, in JSON. */

import type { LicensedPart } from "../../src/commands/licenses.ts";
import { tool } from "../../src/tool.ts";

/** A published file and its sum. */
export interface Published {
  name: string;
  sha256: string;
}

/** The same parts and files give the same text. */
export function sbomOf(parts: LicensedPart[], files: Published[]): string {
  const components = parts.filter(({ name }) => name !== tool.name).map((part) => ({
    type: part.name === "deno" ? "platform" : "library",
    "bom-ref": purlOf(part),
    name: part.name,
    version: part.version,
    purl: purlOf(part),
    ...licenceOf(part),
  }));
  const root = { type: "application", "bom-ref": tool.name, ...tool };
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        ...root,
        components: files.map(({ name, sha256 }) => ({
          ...{ type: "file", "bom-ref": `file:${name}`, name },
          hashes: [{ alg: "SHA-256", content: sha256 }],
        })),
      },
    },
    components,
    dependencies: [{ ref: tool.name, dependsOn: components.map((part) => part["bom-ref"]) }],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/** The address of a package: an npm package, one of Debian, or Deno itself. */
function purlOf({ name, version, license }: LicensedPart): string {
  const at = `${name.replace(/^@/, "%40")}@${encodeURIComponent(version)}`;
  if (name === "deno") return `pkg:github/denoland/${at.replace("@", "@v")}`;
  return license === "see its text" ? `pkg:deb/debian/${at}` : `pkg:npm/${at}`;
}

function licenceOf({ license, text }: LicensedPart) {
  if (license === "") return {};
  return license === "see its text"
    ? { licenses: [{ license: { name: "see the text", text: { content: text } } }] }
    : { licenses: [{ expression: license }] };
}
