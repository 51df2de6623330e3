/** `wsvad data download`: a data set of the Hub into its cache folder, or weights of a backbone. */

import { dirname } from "node:path";
import { nearest } from "../config/nearest.ts";
import { fault } from "../fault.ts";
import { downloadHubFile, listHubFiles } from "../hub/hub_files.ts";
import { hubPlace, repoFolder } from "../hub/hub_place.ts";
import type { Pause } from "../hub/hub_request.ts";
import { type HubSet, hubSets } from "../hub/hub_sets.ts";
import { sourceOf, type WeightFile, weightFiles } from "../hub/weight_files.ts";
import { listArchive } from "../io/features/open_features.ts";
import type { Progress } from "../progress.ts";
import { type DownloadedWeights, downloadWeights, weightsNamed } from "./download_weights.ts";

export interface DownloadRequest {
  /** A known name, or `<owner>/<name>`. */
  name: string;
  revision?: string;
  /** Only these; all when absent. */
  files?: string[];
  /** Another server of the same protocol. */
  mirror?: string;
  /** The folder of the Hub and of the tool; absent: the user's. */
  cache?: string;
  progress: Progress;
  wait?: Pause;
}

export interface DownloadResult {
  repo: string;
  revision: string;
  /** The folder of the commit, for data.root. */
  folder: string;
  files: string[];
  /** Of weights. */
  weights?: DownloadedWeights;
}

const MEGABYTE = 2 ** 20;

/**
 * @throws {Error} a fault: an unknown name, what the Hub refuses, a damaged file, or an archive
 *     without all of its videos
 */
export async function downloadData(request: DownloadRequest): Promise<DownloadResult> {
  const { name, files: wanted, mirror, progress, wait } = request;
  if (Deno.env.get("HF_HUB_OFFLINE") === "1") {
    throw fault(Error, `Cannot download "${name}": HF_HUB_OFFLINE=1 forbids it; unset it`);
  }
  const weights = weightsNamed(name);
  if (weights !== undefined) return await weightsOf(weights, request);
  const known = setOf(name);
  const { repo } = known;
  const place = {
    ...hubPlace(repo, request.revision ?? known.revision, mirror),
    ...(request.cache && { cache: request.cache }),
  };
  const all = await listHubFiles(place, wait);
  const lacking = wanted?.filter((path) => all.every((file) => file.path !== path)) ?? [];
  if (lacking.length > 0) {
    throw fault(
      Error,
      `Cannot download "${lacking[0]}": "${repo}" has ${
        all.map(({ path }) => path).slice(0, 20).join(", ")
      }`,
    );
  }
  const chosen = all.filter(({ path }) => wanted?.includes(path) ?? true);
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  progress.note(`${chosen.length} files, ${Math.ceil(total / MEGABYTE)} MB, from ${repo}`);
  progress.start(Math.ceil(total / MEGABYTE), 0, "MB");
  const files: string[] = [];
  let before = 0, folder = repoFolder(place);
  for (const { path, size } of chosen) {
    const file = await downloadHubFile(place, path, {
      onBytes: (done) => progress.step({ step: Math.floor((before + done) / MEGABYTE) }),
      wait,
    });
    before += size;
    await requireMembers(known, path, file);
    files.push(file);
    folder = path.split("/").reduce(dirname, file);
  }
  progress.stop();
  return { repo, revision: place.revision, folder, files };
}

/** @throws {RangeError} a fault: files are asked for, of which there is one */
async function weightsOf(weights: WeightFile, request: DownloadRequest): Promise<DownloadResult> {
  if (request.files !== undefined) {
    throw fault(
      RangeError,
      `Cannot download --file ${
        request.files[0]
      } of "${weights.name}": it is one file of weights; leave the option out`,
    );
  }
  const { progress } = request;
  progress.note(`${weights.name}: ${sourceOf(weights)}, licence: ${weights.licence}`);
  const found = await downloadWeights(weights, request);
  return {
    ...{ repo: "url" in weights.from ? weights.from.url : weights.from.repo },
    ...{ revision: request.revision ?? "main", folder: dirname(found.path), files: [found.path] },
    weights: found,
  };
}

function setOf(name: string): HubSet {
  const known = hubSets.find((set) => set.name === name || set.repo === name);
  if (known !== undefined) return known;
  if (/^[\w.-]+\/[\w.-]+$/.test(name)) {
    return { name, repo: name, revision: "main", size: "", what: "", members: {} };
  }
  const names = [...hubSets, ...weightFiles].map((set) => set.name);
  const near = nearest(name, names);
  throw fault(
    RangeError,
    `Cannot download "${name}": no such data set, nor weights of a backbone${
      near === undefined ? "" : `; did you mean ${near}?`
    }; known are ${names.join(", ")}, any other of the Hub is <owner>/<name>`,
  );
}

async function requireMembers({ members, repo }: HubSet, path: string, file: string) {
  const expected = members[path];
  if (expected === undefined) return;
  const found = (await listArchive(file)).length;
  if (found === expected) return;
  throw fault(
    Error,
    `Cannot use "${path}" of ${repo}: expected ${expected} videos, found ${found}; give another --revision`,
  );
}
