import { assertEquals } from "@std/assert";

const module = new URL("../../src/cli/stop_signal.ts", import.meta.url).href;

/** Work that waits for the signal, then is busy without ever looking at one. */
const SCRIPT = `
  import { withStop } from ${JSON.stringify(module)};
  const waiting = setInterval(() => {}, 1000);
  await withStop(async (stop) => {
    console.log("begun");
    await new Promise((resolve) => stop.addEventListener("abort", resolve));
    for (const end = Date.now() + 60_000; Date.now() < end;);
  });
  clearInterval(waiting);
`;

Deno.test({
  name:
    "withStop() says that it stops at the first signal, and leaves the second one to the system",
  ignore: Deno.build.os === "windows",
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", SCRIPT],
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => stream.getReader());
    const text = async (reader: typeof stdout) =>
      new TextDecoder().decode((await reader.read()).value);
    assertEquals(await text(stdout), "begun\n");
    child.kill("SIGINT");
    assertEquals(await text(stderr), "stopping after this step; once more stops at once\n");
    child.kill("SIGINT");
    assertEquals((await child.status).signal, "SIGINT");
    await Promise.all([stdout, stderr].map((reader) => reader.cancel()));
  },
});
