/** A file with an address of its own, of no Hub: what was begun goes on where it stopped. */

import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fault } from "../fault.ts";
import { sha256OfFile } from "../io/file_sum.ts";
import { fileFault } from "../io/file_system.ts";
import { type DownloadOptions, fetchWhole } from "./hub_files.ts";
import type { HubPlace } from "./hub_place.ts";
import { pause, refuseErrors, request } from "./hub_request.ts";

/**
 * Downloads a file to a path, unless it is there.
 *
 * @param sha256 what its sum begins with, where that is known
 * @returns its sum
 * @throws {Error} a fault: refused, damaged on the way, no room, or cut off again and again
 */
export async function downloadPlainFile(
  url: string,
  path: string,
  { sha256 = "", onBytes = () => {}, wait = pause }: DownloadOptions & { sha256?: string } = {},
): Promise<string> {
  const name = basename(path);
  const place: HubPlace = {
    ...{ kind: "model", repo: url, revision: "", endpoint: new URL(url).origin, token: null },
    cache: dirname(path),
  };
  try {
    if (existsSync(path)) return await sha256OfFile(path);
    await Deno.mkdir(dirname(path), { recursive: true });
    const head = await request(place, url, { method: "HEAD" }, { wait });
    await head.body?.cancel();
    refuseErrors(head, place, name);
    const size = Number(head.headers.get("Content-Length") ?? NaN);
    if (!Number.isSafeInteger(size)) {
      throw fault(
        Error,
        `Cannot download "${url}": the server does not say how long the file is; fetch it with a browser, and name it with --weights`,
      );
    }
    await fetchWhole(place, url, `${path}.incomplete`, { size }, { path: name, onBytes, wait });
    const sum = await sha256OfFile(`${path}.incomplete`);
    if (!sum.startsWith(sha256)) {
      await Deno.remove(`${path}.incomplete`);
      throw fault(
        Error,
        `Cannot keep "${name}": its SHA-256 is ${sum}, its publisher's begins with ${sha256}: it was damaged on the way, or replaced; run the command again`,
      );
    }
    await Deno.rename(`${path}.incomplete`, path);
    return sum;
  } catch (error) {
    throw fileFault(error, `Cannot keep "${name}" in "${dirname(path)}"`);
  }
}
