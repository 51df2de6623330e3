import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { partOf, serveFiles } from "../../src/commands/serve_files.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("partOf() reads what a player asks for, and refuses what the file has not", () => {
  const part = (header: string | null) => {
    const found = partOf(header, 100);
    return found && [found.first, found.end, found.whole];
  };
  assertEquals(part(null), [0, 100, true]);
  assertEquals(part("bytes=0-"), [0, 100, false]);
  assertEquals(part("bytes=10-19"), [10, 20, false]);
  assertEquals(part("bytes=90-900"), [90, 100, false]);
  assertEquals(part("bytes=-7"), [93, 100, false]);
  assertEquals(part("bytes=-700"), [0, 100, false]);
  for (const none of ["bytes=100-", "bytes=9-3", "bytes=-0"]) assertEquals(part(none), null);
  // Several parts, or none that can be read: the whole.
  for (const odd of ["bytes=0-1,5-6", "bytes=-", "lines=1-2"]) assertEquals(part(odd)?.[2], true);
  assertEquals(partOf("bytes=0-", 0), null);
});

Deno.test("serveFiles() gives the named files to this machine alone, in parts, until it is stopped", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(join(folder, "scores"));
    const page = join(folder, "scores", "a #1.html"), video = join(folder, "videos ü.mp4");
    const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => i % 251);
    await Deno.writeTextFile(page, "<p>page");
    await Deno.writeFile(video, bytes);
    await Deno.writeTextFile(join(folder, "secret.txt"), "no");
    const stop = new AbortController();
    let ended: Promise<void>;
    const url = await new Promise<string>((onListen) => {
      ended = serveFiles({ files: [page, video], first: page, stop: stop.signal, onListen });
    });
    const { origin, port, hostname } = new URL(url);
    assertEquals([hostname, url], ["127.0.0.1", `${origin}/scores/a%20%231.html`]);
    assertEquals(await (await fetch(origin)).text(), "<p>page"); // sent on to the page
    const ask = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(new URL(path, url), init);
      const body = new Uint8Array(await answer.arrayBuffer());
      return { status: answer.status, headers: answer.headers, body };
    };
    // As the page has it, relative to itself.
    const address = "../videos%20%C3%BC.mp4";
    const whole = await ask(address);
    assertEquals([whole.status, whole.headers.get("Content-Type")], [200, "video/mp4"]);
    assertEquals(whole.body, bytes);
    const part = await ask(address, { headers: { Range: "bytes=299990-300009" } });
    assertEquals([part.status, part.headers.get("Content-Range")], [
      ...[206, "bytes 299990-300009/600000"],
    ]);
    assertEquals(part.body, bytes.slice(299990, 300010));
    const beyond = await ask(address, { headers: { Range: "bytes=600000-" } });
    assertEquals([beyond.status, beyond.headers.get("Content-Range")], [416, "bytes */600000"]);
    const head = await ask(address, { method: "HEAD" });
    assertEquals([head.headers.get("Content-Length"), head.body.length], ["600000", 0]);
    assertEquals((await ask("../secret.txt")).status, 404);
    assertEquals((await ask("../scores/")).status, 404);
    assertEquals((await ask(address, { method: "POST" })).status, 405);
    // A page of elsewhere whose name leads here.
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await socket.write(
      new TextEncoder().encode("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
    );
    const answer = await new Response(socket.readable).text();
    assertEquals(answer.split("\r\n")[0], "HTTP/1.1 403 Forbidden");

    await assertRejects(
      () =>
        serveFiles({
          ...{ files: [page], first: page, stop: stop.signal, onListen() {} },
          port: Number(port),
        }),
      Error,
      "another program has it",
    );
    stop.abort();
    await ended!;
    await assertRejects(() => fetch(url));
  }));
