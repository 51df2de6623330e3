/**
 * `wsvad score --serve`: pages and their videos on this machine's own address, to nobody else. Only
 * the files that are named are given out, and of videos the parts that a player asks for.
 */

import { statSync } from "node:fs";
import { dirname, extname, relative, resolve } from "node:path";
import { fault } from "../fault.ts";

export interface ServeRequest {
  /** Files that may be asked for; a page finds another by its relative address. */
  files: string[];
  /** One of them. */
  first: string;
  /** 0, or absent: any that is free. */
  port?: number;
  stop: AbortSignal;
  /** Told of the address of the first file, once it answers. */
  onListen: (url: string) => void;
}

/** This machine, seen by nobody else. */
const LOOPBACK = "127.0.0.1";

const MEDIA_TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".mp4": "video/mp4",
  ".m4v": "video/mp4",
  ".webm": "video/webm",
  ".wav": "audio/wav",
  ".mp3": "audio/mpeg",
  ".m4a": "audio/mp4",
  ".aac": "audio/aac",
  ".flac": "audio/flac",
};

/**
 * Answers until it is stopped.
 *
 * @throws {Error} a fault: the port is taken
 */
export async function serveFiles(request: ServeRequest): Promise<void> {
  const { stop, onListen, port = 0 } = request;
  const paths = request.files.map((path) => resolve(path));
  const root = commonFolder(paths);
  const addressOf = (path: string) =>
    `/${relative(root, path).split(/[\\/]/).map(encodeURIComponent).join("/")}`;
  const byAddress = new Map(paths.map((path) => [addressOf(path), path]));
  const first = addressOf(resolve(request.first));
  const allowed = new Set<string>();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve(
      { hostname: LOOPBACK, port, signal: stop, onListen() {} },
      (asked) => answer(asked, { allowed, first, byAddress }),
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw fault(
      Error,
      `Cannot serve on port ${port}: another program has it; give another --port, or leave it out`,
      { cause: error },
    );
  }
  for (const name of [LOOPBACK, "localhost"]) allowed.add(`${name}:${server.addr.port}`);
  onListen(`http://${LOOPBACK}:${server.addr.port}${first}`);
  await server.finished;
}

/** The folder that all files are below. */
function commonFolder(paths: readonly string[]): string {
  let root = dirname(paths[0]);
  while (paths.some((path) => relative(root, path).startsWith(".."))) root = dirname(root);
  return root;
}

interface Served {
  /** Names by which a browser may know this machine: a page of elsewhere has another. */
  allowed: ReadonlySet<string>;
  first: string;
  byAddress: ReadonlyMap<string, string>;
}

async function answer(
  { method, url, headers }: Request,
  { allowed, first, byAddress }: Served,
): Promise<Response> {
  if (!allowed.has(headers.get("Host") ?? "")) return new Response(null, { status: 403 });
  if (method !== "GET" && method !== "HEAD") return new Response(null, { status: 405 });
  const { pathname } = new URL(url);
  if (pathname === "/") return new Response(null, { status: 307, headers: { Location: first } });
  const path = byAddress.get(pathname);
  const size = path && statSync(path, { throwIfNoEntry: false })?.size;
  if (path === undefined || size === undefined) return new Response("not found", { status: 404 });
  const told: Record<string, string> = {
    "Content-Type": MEDIA_TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  };
  const range = partOf(headers.get("Range"), Number(size));
  if (range === null) {
    return new Response(null, { status: 416, headers: { "Content-Range": `bytes */${size}` } });
  }
  const { first: begin, end, whole } = range;
  told["Content-Length"] = String(end - begin);
  if (!whole) told["Content-Range"] = `bytes ${begin}-${end - 1}/${size}`;
  const body = method === "HEAD" ? null : await bytesOf(path, begin, end);
  return new Response(body, { status: whole ? 200 : 206, headers: told });
}

/**
 * What a header asks for, of so many bytes; all of them where it asks for several parts, as servers
 * may do. Null where the file has none of it.
 */
export function partOf(
  header: string | null,
  size: number,
): { first: number; end: number; whole: boolean } | null {
  const [, begin, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (begin === undefined || (begin === "" && last === "")) {
    return { first: 0, end: size, whole: true };
  }
  const first = begin === "" ? Math.max(0, size - Number(last)) : Number(begin);
  const end = begin === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  return first < end ? { first, end, whole: false } : null;
}

/** The bytes [begin, end) of a file, read as they are taken. */
async function bytesOf(path: string, begin: number, end: number): Promise<ReadableStream> {
  const file = await Deno.open(path);
  await file.seek(begin, Deno.SeekMode.Start);
  let left = end - begin;
  return new ReadableStream({
    async pull(controller) {
      const piece = new Uint8Array(Math.min(left, 1 << 18));
      const read = left === 0 ? null : await file.read(piece);
      if (read === null) {
        file.close();
        return controller.close();
      }
      left -= read;
      controller.enqueue(piece.subarray(0, read));
    },
    cancel() {
      file.close();
    },
  });
}
