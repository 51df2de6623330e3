/**
 * Files of a repository on the Hub, brought into its own cache folder: parts that are there already
 * are not fetched again, and nothing counts as there before its sum is right.
 */

import { createHash } from "node:crypto";
import { existsSync, lstatSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fault } from "../fault.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { fileFault, isRefusedByPlace, writeAll, writeBelowLimit } from "../io/file_system.ts";
import { type HubPlace, repoFolder, repoPage } from "./hub_place.ts";
import { type Pause, pause, refuseErrors, request, waitFor } from "./hub_request.ts";

export interface HubFile {
  path: string;
  size: number;
}

export interface DownloadOptions {
  /** Told of bytes as they come, those of an earlier run among them. */
  onBytes?(done: number, size: number): void;
  wait?: Pause;
}

/**
 * The files of the repository.
 *
 * @throws {Error} a fault: there is no such repository, or it may not be read
 */
export async function listHubFiles(place: HubPlace, wait: Pause = pause): Promise<HubFile[]> {
  const { listFiles } = await import("@huggingface/hub");
  const { kind, repo, revision, endpoint } = place;
  const files: HubFile[] = [];
  const found = listFiles({
    repo: { type: kind, name: repo },
    revision,
    recursive: true,
    hubUrl: endpoint,
    // Its own requests would lack our patience; the token is added there.
    fetch: async (url) => {
      const response = await request(place, String(url), {}, { wait });
      refuseErrors(response, place, "");
      return response;
    },
  });
  for await (const { type, path, size } of found) {
    if (type === "file") files.push({ path, size });
  }
  return files;
}

/** What the Hub tells of a file. */
interface About {
  commit: string;
  /** sha256 of the content, or git's sha1 of small files. */
  etag: string;
  size: number;
}

/**
 * Downloads a file, or what of it is missing.
 *
 * @returns its path in the snapshot of its commit
 * @throws {Error} a fault: refused, damaged on the way, no room, or cut off again and again
 */
export async function downloadHubFile(
  place: HubPlace,
  path: string,
  { onBytes = () => {}, wait = pause }: DownloadOptions = {},
): Promise<string> {
  if (path.split("/").includes("..") || path.startsWith("/")) {
    throw fault(Error, `Cannot download "${path}": it lies outside of the repository`);
  }
  const url = `${repoPage(place)}/resolve/${encodeURIComponent(place.revision)}/${
    path.split("/").map(encodeURIComponent).join("/")
  }`;
  const about = await probe(place, url, path, wait);
  const folder = repoFolder(place);
  const blob = join(folder, "blobs", about.etag);
  const pointer = join(folder, "snapshots", about.commit, path);
  try {
    await Deno.mkdir(dirname(blob), { recursive: true });
    await Deno.mkdir(dirname(pointer), { recursive: true });
    if (!existsSync(blob)) {
      await fetchWhole(place, url, `${blob}.incomplete`, about, { path, onBytes, wait });
      await requireSum(`${blob}.incomplete`, about, path);
      await Deno.rename(`${blob}.incomplete`, blob);
    }
    onBytes(about.size, about.size);
    if (lstatSync(pointer, { throwIfNoEntry: false }) === undefined) {
      await Deno.symlink(relative(dirname(pointer), blob), pointer);
    }
    const ref = join(folder, "refs", place.revision);
    await Deno.mkdir(dirname(ref), { recursive: true });
    await writeWhole(ref, about.commit, { overwrite: true });
  } catch (error) {
    throw fileFault(error, `Cannot keep "${path}" in "${folder}"`);
  }
  return pointer;
}

async function probe(place: HubPlace, url: string, path: string, wait: Pause): Promise<About> {
  const response = await request(place, url, { method: "HEAD" }, { stopAtOther: true, wait });
  await response.body?.cancel();
  refuseErrors(response, place, path);
  const header = (...names: string[]) =>
    names.map((name) => response.headers.get(name)).find((value) => value !== null) ?? "";
  const etag = header("X-Linked-Etag", "ETag").replace(/^W\//, "").replaceAll('"', "");
  const commit = header("X-Repo-Commit");
  const size = Number(header("X-Linked-Size", "Content-Length") || NaN);
  const known = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
  if (known.test(etag) && known.test(commit) && Number.isSafeInteger(size)) {
    return { commit, etag, size };
  }
  throw fault(
    Error,
    `Cannot download "${path}" from ${place.endpoint}: the answer lacks the sum, the size or the commit, so it is no Hub; check --mirror and HF_ENDPOINT`,
  );
}

/** Fetches what a file lacks, in as many attempts as it takes while each brings something. */
export async function fetchWhole(
  place: HubPlace,
  url: string,
  into: string,
  { size }: Pick<About, "size">,
  { path, onBytes, wait }: Required<DownloadOptions> & { path: string },
): Promise<void> {
  for (let failed = 0;;) {
    const had = sizeOf(into);
    if (had === size && existsSync(into)) return;
    if (had > size) await Deno.truncate(into, 0);
    const begin = had > size ? 0 : had;
    onBytes(begin, size);
    const reason = await fetchRest(place, url, into, begin, size, { path, onBytes, wait });
    if (reason === null) continue;
    failed = sizeOf(into) > begin ? 0 : failed + 1;
    await waitFor(failed, reason, `"${path}"`, wait);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** @returns why it ended before the end; null at the end */
async function fetchRest(
  place: HubPlace,
  url: string,
  into: string,
  begin: number,
  size: number,
  { path, onBytes, wait }: Required<DownloadOptions> & { path: string },
): Promise<string | null> {
  const range: Record<string, string> = begin > 0 ? { Range: `bytes=${begin}-` } : {};
  const response = await request(place, url, { headers: range }, { wait });
  // An address with a signature has run out: the Hub gives another.
  const expired = response.status === 403 && new URL(response.url).host !== new URL(url).host;
  if (expired) {
    await response.body?.cancel();
    return "the address has run out";
  }
  refuseErrors(response, place, path);
  let done = response.status === 206 ? begin : 0;
  using file = await Deno.open(into, {
    create: true,
    write: true,
    append: done > 0,
    truncate: done === 0,
  });
  try {
    for await (const part of response.body ?? []) {
      await writeBelowLimit(() => writeAll(file, part));
      done += part.length;
      if (done > size) break;
      onBytes(done, size);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isRefusedByPlace(error)) throw error;
    return `the connection was cut (${(error as Error).message})`;
  }
  if (done === size) return null;
  return done < size ? "the connection was cut" : "more bytes came than the file has";
}

async function requireSum(file: string, { etag, size }: About, path: string): Promise<void> {
  const hash = createHash(etag.length === 64 ? "sha256" : "sha1");
  if (etag.length === 40) hash.update(`blob ${size}\0`);
  const input = await Deno.open(file);
  for await (const part of input.readable) hash.update(part);
  const sum = hash.digest("hex");
  if (sum === etag) return;
  await Deno.remove(file);
  throw fault(
    Error,
    `Cannot keep "${path}": its sum is ${sum}, the Hub says ${etag}: it was damaged on the way; run the command again`,
  );
}
