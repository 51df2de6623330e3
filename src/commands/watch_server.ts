/**
 * `wsvad watch`: a page on this machine alone that follows runs. It reads their folders and writes
 * nothing, so it can end and begin at any time.
 */

import { fault } from "../fault.ts";
import { pagePolicy } from "../report/page_head.ts";
import { renderWatchPage } from "../report/watch_page.ts";
import type { WatchedRun } from "../report/watched_run.ts";
import { WatchedRuns } from "./watched_runs.ts";

/** Where the page is, unless another port is asked for or this one is taken. */
const USUAL_PORT = 6061;
const HOST = "127.0.0.1";
/** Names that a browser of this machine may call it by. */
const OWN_NAMES = new Set(["127.0.0.1", "localhost", "[::1]"]);

const LOOK_MS = 1000;
/** A connection that says nothing for long is cut by some. */
const SILENCE_MS = 15_000;

export interface WatchRequest {
  /** Run folders, or folders with runs below. */
  runs: readonly string[];
  /** Absent: the usual one, or where that is taken, any. */
  port?: number;
  /** Ends the server. */
  stop: AbortSignal;
  /** Told of the address once it can be opened. */
  onListen?: (url: string) => void;
  /** Told of what hinders a look at the folders, once. */
  onTrouble?: (message: string) => void;
  /** Milliseconds between looks at the folders. */
  lookMs?: number;
}

/**
 * Serves the page until it is stopped.
 *
 * @throws fault: a port that is taken, or may not be had
 */
export async function watchRuns(request: WatchRequest): Promise<void> {
  const feed = new Feed(request);
  const page = renderWatchPage();
  const handler = (asked: Request): Response => {
    const refused = refusal(asked);
    if (refused !== null) return refused;
    const { pathname } = new URL(asked.url);
    if (pathname === "/") return answer(page, "text/html; charset=utf-8");
    if (pathname === "/events") return answer(feed.connect(), "text/event-stream");
    return answer("Not found", "text/plain", 404);
  };
  const server = listen(request, handler);
  request.onListen?.(`http://${HOST}:${server.addr.port}/`);
  try {
    await feed.run();
  } finally {
    feed.close();
    await server.shutdown();
  }
}

function listen(
  { port }: WatchRequest,
  handler: (request: Request) => Response,
): Deno.HttpServer<Deno.NetAddr> {
  const at = (port: number) =>
    Deno.serve({ hostname: HOST, port, onListen: () => {}, onError: told }, handler);
  try {
    return at(port ?? USUAL_PORT);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse && port === undefined) return at(0);
    if (
      !(error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied)
    ) {
      throw error;
    }
    const found = error instanceof Deno.errors.AddrInUse ? "it is taken" : "permission denied";
    throw fault(Error, `Cannot listen on port ${port}: ${found}; give another --port`, {
      cause: error,
    });
  }
}

function told(): Response {
  return answer("The page could not be made", "text/plain", 500);
}

/**
 * What is refused: all but reading, and every name that is not this machine's own. A page of the
 * web could else have its own name lead here, and read what it is not given.
 */
function refusal(request: Request): Response | null {
  if (request.method !== "GET") return answer("Only GET", "text/plain", 405);
  const host = request.headers.get("host") ?? "";
  if (OWN_NAMES.has(host.replace(/:\d+$/, ""))) return null;
  return answer("This page has no such name", "text/plain", 421);
}

const POLICY = `${
  pagePolicy("its server")
}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

function answer(body: BodyInit, type: string, status = 200): Response {
  return new Response(body, {
    status,
    headers: {
      "content-type": type,
      "cache-control": "no-store",
      "content-security-policy": POLICY,
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}

type Connection = ReadableStreamDefaultController<Uint8Array>;

/** What the pages that are open are told: everything at first, then what has changed. */
class Feed {
  readonly #request: WatchRequest;
  readonly #runs: WatchedRuns;
  readonly #connections = new Set<Connection>();
  #order = "";
  #spoken = performance.now();
  #trouble = "";

  constructor(request: WatchRequest) {
    this.#request = request;
    this.#runs = new WatchedRuns(request.runs);
  }

  connect(): ReadableStream<Uint8Array> {
    let own: Connection;
    return new ReadableStream<Uint8Array>({
      start: (connection) => {
        own = connection;
        this.#connections.add(own);
        const all = this.#runs.runs.map(event);
        send(own, "retry: 1000\n\n" + this.#orderEvent() + all.join(""));
      },
      cancel: () => {
        this.#connections.delete(own);
      },
    });
  }

  /** Looks at the folders until it is stopped. */
  async run(): Promise<void> {
    const { stop, lookMs = LOOK_MS, onTrouble } = this.#request;
    while (!stop.aborted) {
      try {
        this.#tell(await this.#runs.look());
      } catch (error) {
        // A folder that cannot be read now may be readable at the next look.
        const { message } = error as Error;
        if (message !== this.#trouble) onTrouble?.(message);
        this.#trouble = message;
      }
      await pause(lookMs, stop);
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  #tell(changed: WatchedRun[]): void {
    const order = this.#orderEvent();
    const text = (order === this.#order ? "" : order) + changed.map(event).join("");
    this.#order = order;
    const silent = performance.now() - this.#spoken > SILENCE_MS;
    if (text === "" && !silent) return;
    this.#spoken = performance.now();
    for (const connection of this.#connections) send(connection, text === "" ? ":\n\n" : text);
  }

  #orderEvent(): string {
    const folders = this.#runs.runs.map(({ folder }) => folder);
    const told = { folders, found: this.#runs.found, asked: this.#request.runs };
    return `event: order\ndata: ${JSON.stringify(told)}\n\n`;
  }
}

/** JSON has no line ends, so it is one line of the stream. */
function event(run: WatchedRun): string {
  return `event: run\ndata: ${JSON.stringify(run)}\n\n`;
}

function send(connection: Connection, text: string): void {
  connection.enqueue(new TextEncoder().encode(text));
}

function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    stop.addEventListener("abort", end);
  });
}
