/** A server that speaks the Hub's resolve protocol, and one that stands for its storage. */

import { createHash } from "node:crypto";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const REPO = "someone/some_set";

/** What the servers do to the next requests, first come first served. */
export interface Trouble {
  /** Answers of the Hub in place of its own. */
  hub: { status: number; headers?: Record<string, string> }[];
  /** Of the storage: ended, or broken off, after so many bytes; or a status. */
  storage: ({ cut: number; breaks?: boolean } | { status: number } | { ignoreRange: true })[];
}

export interface Seen {
  server: "hub" | "storage";
  method: string;
  path: string;
  token: string | null;
  range: string | null;
}

export interface HubServer {
  endpoint: string;
  trouble: Trouble;
  seen: Seen[];
  close(): Promise<void>;
}

/** Large files lie in the storage, others at the Hub itself, and are summed as git does. */
export function startHub(
  files: Record<string, Uint8Array<ArrayBuffer>>,
  { large = [], revision = "main" }: { large?: string[]; revision?: string } = {},
): HubServer {
  const trouble: Trouble = { hub: [], storage: [] };
  const seen: Seen[] = [];
  const see = (server: Seen["server"], request: Request, path: string) =>
    seen.push({
      server,
      method: request.method,
      path,
      token: request.headers.get("Authorization"),
      range: request.headers.get("Range"),
    });
  const storage = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
    see("storage", request, path);
    const bytes = files[path];
    const wrong = trouble.storage.shift();
    if (wrong !== undefined && "status" in wrong) return new Response(null, wrong);
    const begin = Number(/^bytes=(\d+)-$/.exec(request.headers.get("Range") ?? "")?.[1] ?? 0);
    const ignored = wrong !== undefined && "ignoreRange" in wrong;
    const rest = bytes.subarray(ignored ? 0 : begin);
    const status = begin > 0 && !ignored ? 206 : 200;
    if (wrong === undefined || !("cut" in wrong)) return new Response(rest, { status });
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(rest.slice(0, wrong.cut));
        if (!wrong.breaks) return controller.close();
        // What was sent must arrive before the connection breaks.
        setTimeout(() => controller.error(new Error("cut, as the test asks")), 20);
      },
    });
    return new Response(body, { status });
  });
  const cdn = `http://127.0.0.1:${(storage.addr as Deno.NetAddr).port}`;
  const hub = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const path = decodeURIComponent(pathname);
    see("hub", request, path);
    const wrong = trouble.hub.shift();
    if (wrong !== undefined) return new Response(null, wrong);
    if (/^\/api\/(datasets|models)\//.test(path) && path.includes(`/${REPO}/tree/${revision}`)) {
      return Response.json(tree(files, large));
    }
    if (path.startsWith("/datasets/renamed/set/")) {
      return new Response(null, {
        status: 307,
        headers: { Location: pathname.replace("renamed/set", REPO) },
      });
    }
    const own = path.startsWith("/datasets/") ? path.slice("/datasets".length) : path;
    const beginning = `/${REPO}/resolve/${revision}/`;
    const name = own.startsWith(beginning) ? own.slice(beginning.length) : path;
    const bytes = files[name];
    if (name === path || bytes === undefined) {
      const code = path.includes(REPO) ? "EntryNotFound" : "RepoNotFound";
      const status = code === "RepoNotFound" ? 401 : 404;
      return new Response(null, { status, headers: { "X-Error-Code": code } });
    }
    const headers = { "X-Repo-Commit": COMMIT };
    if (!large.includes(name)) {
      const body = request.method === "HEAD" ? null : bytes;
      return new Response(body, {
        headers: { ...headers, ETag: `W/"${gitSum(bytes)}"`, "Content-Length": `${bytes.length}` },
      });
    }
    return new Response(null, {
      status: 302,
      headers: {
        ...headers,
        Location: `${cdn}/${encodeURIComponent(name)}`,
        "X-Linked-Etag": `"${sha256(bytes)}"`,
        "X-Linked-Size": `${bytes.length}`,
      },
    });
  });
  return {
    endpoint: `http://127.0.0.1:${(hub.addr as Deno.NetAddr).port}`,
    trouble,
    seen,
    async close() {
      await hub.shutdown();
      await storage.shutdown();
    },
  };
}

function tree(files: Record<string, Uint8Array>, large: string[]) {
  return Object.entries(files).map(([path, bytes]) => ({
    type: "file",
    path,
    size: bytes.length,
    oid: gitSum(bytes),
    ...(large.includes(path) ? { lfs: { oid: sha256(bytes), size: bytes.length } } : {}),
  }));
}

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
export const gitSum = (bytes: Uint8Array) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
