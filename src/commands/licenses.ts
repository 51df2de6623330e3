/** What an executable carries of others, with their licences; tasks/executable writes the list. */

import { didYouMean } from "../config/nearest.ts";
import { fault } from "../fault.ts";
import { besideBundle } from "../tool.ts";

/** One part of an executable. */
export interface LicensedPart {
  name: string;
  version: string;
  /** Its SPDX expression; empty where none was chosen. */
  license: string;
  /** The text that goes with it; empty where there is none. */
  text: string;
}

/** Name of the list beside the bundle. */
export const LICENSES = "licenses.json";

/**
 * All parts, or those of a name.
 *
 * @throws fault: the tool runs from source, or carries nothing of that name
 */
export function licenses(name?: string): LicensedPart[] {
  const text = besideBundle(LICENSES);
  if (text === null) {
    throw fault(
      Error,
      "Cannot list what is inside: the tool runs from source, so nothing is; deno.lock names the " +
        "packages, and each has its licence in Deno's cache",
    );
  }
  const parts: LicensedPart[] = JSON.parse(text);
  if (name === undefined) return parts;
  const named = parts.filter((part) => part.name === name);
  if (named.length > 0) return named;
  const near = didYouMean(name, parts.map((part) => part.name));
  throw fault(
    RangeError,
    `Nothing inside is called "${name}"${near || "; wsvad licenses lists all parts"}`,
  );
}
