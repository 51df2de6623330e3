import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { watchRuns } from "../../src/commands/watch_server.ts";
import type { WatchedRun } from "../../src/report/watched_run.ts";
import { withFolder } from "../support/temporary_folder.ts";

const CONFIG = `runner: { name: mil, loss: [{ name: ranking, weight: 2 }] }
data: { name: ours, batch_size: 4 }
trainer: { max_steps: 100, seed: 3 }
`;

const stepLine = (step: number, loss: number) =>
  JSON.stringify({
    ...{ kind: "step", step, epoch: 0, seconds: 0.5, loss, terms: { ranking: loss } },
    ...{ weighted: true, lr: 0.01, memory_peak_bytes: 5e6 },
  }) + "\n";
const evalLine = (step: number, auc: number) =>
  JSON.stringify({
    ...{ kind: "eval", step, epoch: 0, seconds: 1, metrics: { roc_auc: auc }, best: true },
  }) + "\n";

/** Serves runs while `use` looks at them. */
async function withWatch(
  runs: string[],
  use: (url: string, stop: () => void) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const listening = Promise.withResolvers<string>();
  const ended = watchRuns({
    ...{ runs, port: 0, lookMs: 10, stop: stop.signal, onListen: listening.resolve },
    onTrouble: listening.reject,
  });
  try {
    await use(await listening.promise, () => stop.abort());
  } finally {
    stop.abort();
    await ended;
  }
}

/** What /events has told so far: the newest of each run, and their order. */
class Told implements AsyncDisposable {
  readonly runs = new Map<string, WatchedRun>();
  order: { folders: string[]; found: number; asked: string[] } | null = null;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  private constructor(reader: ReadableStreamDefaultReader<string>) {
    this.#reader = reader;
  }

  static async at(url: string): Promise<Told> {
    const { body, headers } = await fetch(`${url}events`);
    assertEquals(headers.get("content-type"), "text/event-stream");
    return new Told(body!.pipeThrough(new TextDecoderStream()).getReader());
  }

  /** Reads on until it tells what is waited for. */
  async until(met: (told: Told) => boolean): Promise<void> {
    while (!met(this)) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error("The stream has ended");
      const events = (this.#text + value).split("\n\n");
      this.#text = events.pop()!;
      for (const event of events) {
        const [, kind, data] = event.match(/^event: (\w+)\ndata: (.*)$/) ?? [];
        if (kind === "order") this.order = JSON.parse(data);
        if (kind === "run") {
          const run: WatchedRun = JSON.parse(data);
          this.runs.set(run.folder, run);
        }
      }
    }
  }

  async [Symbol.asyncDispose]() {
    await this.#reader.cancel();
  }
}

/** Names, sizes and times of all that lies below a folder. */
function traceOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    const { size, mtime } = Deno.statSync(path);
    return isDirectory ? traceOf(path) : [`${path} ${size} ${mtime?.getTime()}`];
  }).sort();
}

Deno.test("watchRuns() follows a run that appears, grows, is written just now, begins anew and ends", () =>
  withFolder(async (root) => {
    const runs = join(root, "runs");
    const run = join(runs, "one");
    const log = join(run, "log.jsonl");
    await withWatch([runs], async (url) => {
      await using told = await Told.at(url);
      await told.until(({ order }) => order !== null);
      assertEquals(told.order, { folders: [], found: 0, asked: [runs] });
    });
    Deno.mkdirSync(run, { recursive: true });
    Deno.writeTextFileSync(join(run, "config.yaml"), CONFIG);
    Deno.writeTextFileSync(log, stepLine(10, 4) + stepLine(20, 3).slice(0, 30));
    await withWatch([runs], async (url) => {
      await using told = await Told.at(url);
      const now = () => told.runs.get(run)!;
      await told.until(() => now() !== undefined);
      const { state, step, of, loss, runner, data, seed, videosPerSecond } = now();
      assertEquals([state, step, of, loss], ["stopped", 10, 100, 4]);
      assertEquals([runner, data, seed, now().memoryPeakBytes], ["mil", "ours", 3, 5e6]);
      assertEquals(videosPerSecond, 2 * 4 * 10 / 0.5);

      // The rest of the half line, an evaluation, and the lock of a process that runs: ours.
      const lock = { pid: Deno.pid, host: "unknown", since: "", boot: null, numbers: null };
      const owner = JSON.stringify({ ...lock, started: null });
      Deno.writeTextFileSync(join(run, ".lock"), owner.replace(`${Deno.pid}`, `${Deno.ppid}`));
      const rest = stepLine(20, 3).slice(30) + evalLine(20, 0.8) + evalLine(20, 0.7);
      Deno.writeTextFileSync(log, rest, { append: true });
      await told.until(() => now().step === 20 && now().state === "running");
      assertEquals(now().auc, { last: 0.7, best: 0.8 });
      assertEquals(now().secondsLeft, 80 * 3 / 20);
      assertEquals(now().lossChart.series[0].values, [4, 3]);

      // A resume takes off what came after its checkpoint: the file is replaced.
      Deno.writeTextFileSync(`${log}.new`, stepLine(10, 4));
      Deno.renameSync(`${log}.new`, log);
      await told.until(() => now().step === 10);
      assertEquals(now().lossChart.series[0].values, [4]);

      Deno.removeSync(join(run, ".lock"));
      Deno.writeTextFileSync(join(run, "config.yaml"), "data: { fps: 0 }\n");
      await told.until(() => now().state === "damaged");
      assertStringIncludes(now().fault!, "config.yaml");
      Deno.writeTextFileSync(join(run, "config.yaml"), CONFIG);
      Deno.writeTextFileSync(join(run, "result.json"), "{}");
      await told.until(() => now().state === "finished");

      // A page that is opened later is told everything; nothing was written into the folders.
      const before = traceOf(root);
      await using later = await Told.at(url);
      await later.until(({ runs }) => runs.size === 1);
      assertEquals(later.runs.get(run), now());
      assertEquals(traceOf(root), before);
    });
  }));

/** The answer to a request with any Host, which fetch does not send. */
async function ask(url: string, request: string): Promise<string> {
  const { port } = new URL(url);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await connection.write(new TextEncoder().encode(request.replaceAll("\n", "\r\n")));
  const bytes = new Uint8Array(4096);
  return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0));
}

Deno.test("watchRuns() answers this machine alone, by its own names, and reading alone", () =>
  withFolder((root) =>
    withWatch([root], async (url, stop) => {
      const { hostname, port } = new URL(url);
      assertEquals(hostname, "127.0.0.1");
      const page = await fetch(url);
      assertStringIncludes(await page.text(), "<title>Runs</title>");
      assertEquals(page.headers.get("access-control-allow-origin"), null);
      assertStringIncludes(page.headers.get("content-security-policy")!, "default-src 'none'");
      const status = async (method: string, path: string, host: string) => {
        const request = `${method} ${path} HTTP/1.1\nHost: ${host}\nConnection: close\n\n`;
        return Number((await ask(url, request)).split(" ")[1]);
      };
      for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, "localhost"]) {
        assertEquals(await status("GET", "/", host), 200, host);
      }
      // A page of the web whose name was made to lead to 127.0.0.1.
      for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"]) {
        for (const path of ["/", "/events"]) {
          assertEquals(await status("GET", path, host), 421, host);
        }
      }
      assertEquals(await status("POST", "/", "localhost"), 405);
      assertEquals(await status("GET", "/../../etc/passwd", "localhost"), 404);
      // Not by the other addresses of this machine.
      for (const { address, family } of Deno.networkInterfaces()) {
        if (family !== "IPv4" || address === "127.0.0.1") continue;
        await assertRejects(() => Deno.connect({ hostname: address, port: Number(port) }));
      }
      await assertRejects(
        () => watchRuns({ runs: [root], port: Number(port), stop: new AbortController().signal }),
        Error,
        `Cannot listen on port ${port}: it is taken; give another --port`,
      );
      await using told = await Told.at(url);
      await told.until(({ order }) => order !== null);
      stop(); // ends also while a page is open
      await assertRejects(() => told.until(() => false), Error, "The stream has ended");
      await assertRejects(() => Deno.connect({ hostname, port: Number(port) }));
    })
  ));
