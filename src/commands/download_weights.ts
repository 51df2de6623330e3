/** `wsvad data download` of weights: from the Hub, or from where they were published. */

import { basename, join } from "node:path";
import { fault } from "../fault.ts";
import { downloadHubFile, listHubFiles } from "../hub/hub_files.ts";
import { type HubPlace, hubPlace } from "../hub/hub_place.ts";
import type { Pause } from "../hub/hub_request.ts";
import { downloadPlainFile } from "../hub/plain_file.ts";
import { type WeightFile, weightFiles } from "../hub/weight_files.ts";
import { sha256OfFile } from "../io/file_sum.ts";
import { shellWord } from "../launch/shell_word.ts";
import type { Progress } from "../progress.ts";
import { cacheFolder } from "../text/cache_folder.ts";

export interface WeightsRequest {
  revision?: string;
  mirror?: string;
  /** The folder that the tool keeps things in, and that of the Hub; absent: the user's. */
  cache?: string;
  progress: Progress;
  wait?: Pause;
}

export interface DownloadedWeights {
  path: string;
  sha256: string;
  licence: string;
  /** How they are used: the beginning of a command. */
  use: string;
}

/** The weights of a name; undefined where it is none. */
export function weightsNamed(name: string): WeightFile | undefined {
  return weightFiles.find((file) => file.name === name);
}

const MEGABYTE = 2 ** 20;

/**
 * @throws {Error} a fault: what is for the Hub, asked of a file that lies elsewhere; as
 *     `downloadHubFile` and `downloadPlainFile`
 */
export async function downloadWeights(
  weights: WeightFile,
  { revision, mirror, cache, progress, wait }: WeightsRequest,
): Promise<DownloadedWeights> {
  const { from, backbone, settings, licence } = weights;
  const ofHub = Object.entries({ "--mirror": mirror, "--revision": revision })
    .find(([, value]) => value !== undefined);
  if ("url" in from && ofHub !== undefined) {
    throw fault(
      RangeError,
      `Cannot download "${weights.name}" with ${
        ofHub.join(" ")
      }: that is for files of the Hub, and this one lies at ${from.url}; leave ${ofHub[0]} out`,
    );
  }
  let size = 0;
  const onBytes = (done: number, all: number) => {
    if (size === 0) progress.start(Math.ceil((size = all) / MEGABYTE), 0, "MB");
    progress.step({ step: Math.floor(done / MEGABYTE) });
  };
  try {
    const [path, sha256] = "url" in from
      ? await plainFile(weights, from.url, { cache, onBytes, wait })
      : await hubFile(
        { ...hubPlace(from.repo, revision ?? "main", mirror, "model"), ...(cache && { cache }) },
        from.file,
        { onBytes, wait },
      );
    const words = ["wsvad extract -b", backbone, ...settings === "" ? [] : [settings]];
    return { path, sha256, licence, use: `${words.join(" ")} --weights ${shellWord(path)}` };
  } finally {
    progress.stop();
  }
}

type Told = { onBytes: (done: number, size: number) => void; wait?: Pause };

async function plainFile(
  { name, sha256 }: WeightFile,
  url: string,
  { cache = cacheFolder(), ...told }: Told & { cache?: string },
): Promise<[path: string, sha256: string]> {
  const path = join(cache, "weights", name, basename(new URL(url).pathname));
  return [path, await downloadPlainFile(url, path, { ...told, sha256 })];
}

/** The settings that lie beside the file come too: they say whether it saw test videos. */
async function hubFile(
  place: HubPlace,
  file: string,
  told: Told,
): Promise<[path: string, sha256: string]> {
  const names = (await listHubFiles(place, told.wait)).map(({ path }) => path);
  if (!names.includes(file)) {
    throw fault(
      Error,
      `Cannot download "${file}": "${place.repo}" has ${
        names.slice(0, 20).join(", ")
      }; give the revision that has it with --revision`,
    );
  }
  if (names.includes("config.json")) {
    await downloadHubFile(place, "config.json", { wait: told.wait });
  }
  const path = await downloadHubFile(place, file, told);
  return [path, await sumOfBlob(path)];
}

/** A large file is kept under its sum; a small one under git's. */
async function sumOfBlob(path: string): Promise<string> {
  const target = await Deno.realPath(path);
  if (/^[0-9a-f]{64}$/.test(basename(target))) return basename(target);
  return await sha256OfFile(target);
}
