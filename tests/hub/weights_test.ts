import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { downloadData } from "../../src/commands/download_data.ts";
import { downloadWeights, weightsNamed } from "../../src/commands/download_weights.ts";
import { downloadPlainFile } from "../../src/hub/plain_file.ts";
import { weightFiles } from "../../src/hub/weight_files.ts";
import { registry } from "../../src/model/registry.ts";
import { silent } from "../../src/progress.ts";
import { COMMIT, REPO, sha256, startHub } from "./hub_server.ts";
import { withFolder } from "../support/temporary_folder.ts";

const wait = () => Promise.resolve();
const bytes = Uint8Array.from({ length: 90_000 }, (_, i) => i * i % 253);

Deno.test("every backbone with weights has public ones, whose settings it knows", () => {
  const named = new Set(weightFiles.map(({ name }) => name));
  assertEquals(named.size, weightFiles.length);
  const others = Object.keys(registry.backbone).filter((name) => name !== "motion");
  assertEquals(new Set(weightFiles.map(({ backbone }) => backbone)), new Set(others));
  for (const { backbone, settings, licence, from } of weightFiles) {
    const [, key, value] = /^backbone\.(\w+)=(.*)$/.exec(settings) ?? [];
    const given = key === undefined ? {} : { [key]: value === "true" ? true : value };
    assert(registry.backbone[backbone].config.safeParse(given).success, settings);
    assert(licence !== "" && ("repo" in from || URL.canParse(from.url)));
  }
});

Deno.test("weights of the Hub come into its cache as those of a model, with the settings beside", () =>
  withFolder(async (cache) => {
    const config = new TextEncoder().encode("{}");
    const hub = startHub({ "model.bin": bytes, "config.json": config }, { large: ["model.bin"] });
    try {
      const weights = {
        ...weightFiles.find(({ name }) => name === "videomae_finetuned")!,
        from: { repo: REPO, file: "model.bin" },
      };
      const request = { mirror: hub.endpoint, cache, progress: silent, wait };
      const { path, sha256: sum, use } = await downloadWeights(weights, request);
      const snapshot = join(cache, "models--someone--some_set", "snapshots", COMMIT);
      assertEquals([path, sum], [join(snapshot, "model.bin"), sha256(bytes)]);
      assertEquals(await Deno.readFile(path), bytes);
      assertEquals(await Deno.readFile(join(snapshot, "config.json")), config);
      assertEquals(
        use,
        `wsvad extract -b videomae backbone.mean_pooling=true --weights ${path}`,
      );
      const other = { ...weights, from: { repo: REPO, file: "other.bin" } };
      await assertRejects(
        () => downloadWeights(other, request),
        Error,
        "has model.bin, config.json",
      );
      const file = { ...request, name: "clip", files: ["x"] };
      await assertRejects(() => downloadData(file), RangeError, "it is one file of weights");
      const near = { ...request, name: "videomea" };
      await assertRejects(() => downloadData(near), RangeError, "did you mean videomae?");
    } finally {
      await hub.close();
    }
  }));

Deno.test("a file of no Hub goes on where it was cut, and is compared with what is known of its sum", () =>
  withFolder(async (cache) => {
    const seen: (string | null)[] = [];
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const range = request.headers.get("Range");
      if (request.method !== "HEAD") seen.push(range);
      const begin = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
      const headers = { "Content-Length": String(bytes.length - begin) };
      if (new URL(request.url).pathname === "/gone") return new Response(null, { status: 404 });
      const body = request.method === "HEAD" ? null : bytes.slice(begin);
      return new Response(body, { status: begin > 0 ? 206 : 200, headers });
    });
    try {
      const url = `http://127.0.0.1:${server.addr.port}/a/net.pth`;
      const path = join(cache, "weights", "net.pth");
      await Deno.mkdir(join(cache, "weights"));
      await Deno.writeFile(`${path}.incomplete`, bytes.slice(0, 5000));
      const sum = sha256(bytes), known = { wait, sha256: sum.slice(0, 8) };
      assertEquals(await downloadPlainFile(url, path, known), sum);
      assertEquals(await Deno.readFile(path), bytes);
      assertEquals(await downloadPlainFile(url, path, known), sum);
      assertEquals(seen, ["bytes=5000-"]);
      const wrong = () => downloadPlainFile(url, join(cache, "b"), { wait, sha256: "0000" });
      await assertRejects(wrong, Error, "its publisher's begins with 0000");
      assertEquals([...Deno.readDirSync(cache)].map(({ name }) => name), ["weights"]);
      const gone = new URL("/gone", url).href;
      const lost = await assertRejects(
        () => downloadPlainFile(gone, join(cache, "c"), { wait }),
        Error,
      );
      assertStringIncludes(lost.message, "the server answers 404");
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("what is for the Hub is refused of weights that lie elsewhere, before anything is asked", async () => {
  const vggish = weightsNamed("vggish")!;
  for (
    const [option, of] of [["--mirror", { mirror: "http://x" }], ["--revision", {
      revision: "a",
    }]] as const
  ) {
    const download = () => downloadWeights(vggish, { ...of, progress: silent });
    await assertRejects(download, RangeError, `leave ${option} out`);
  }
});
