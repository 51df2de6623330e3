import { assert, assertEquals, assertRejects } from "@std/assert";
import { downloadData } from "../../src/commands/download_data.ts";
import { downloadHubFile, listHubFiles } from "../../src/hub/hub_files.ts";
import { type HubPlace, hubPlace, repoFolder } from "../../src/hub/hub_place.ts";
import { hubSets } from "../../src/hub/hub_sets.ts";
import { silent } from "../../src/progress.ts";
import { COMMIT, gitSum, type HubServer, REPO, sha256, startHub } from "./hub_server.ts";
import { withFolder } from "../support/temporary_folder.ts";

const large = Uint8Array.from({ length: 50_000 }, (_, i) => i * i % 251);
const small = new TextEncoder().encode('{"a": [0, 1]}');
const FILES = { "data/train set#1.zip": large, "ground_truth.json": small };
const LARGE = "data/train set#1.zip";

/** A server, and a place in an empty cache; waits are counted and not waited. */
function withHub(
  run: (
    hub: HubServer,
    place: HubPlace,
    waited: number[],
    wait: (seconds: number) => Promise<void>,
  ) => Promise<void>,
  { revision = "main", files = FILES as Record<string, Uint8Array<ArrayBuffer>> } = {},
) {
  return withFolder(async (cache) => {
    const hub = startHub(files, { large: [LARGE], revision });
    const waited: number[] = [];
    const wait = (seconds: number) => {
      waited.push(seconds);
      return Promise.resolve();
    };
    const place = {
      kind: "dataset" as const,
      repo: REPO,
      revision,
      endpoint: hub.endpoint,
      token: "secret",
      cache,
    };
    try {
      await run(hub, place, waited, wait);
    } finally {
      await hub.close();
    }
  });
}

Deno.test("files come into the Hub's own cache layout, summed, and are not fetched twice", () =>
  withHub(async (hub, place, _, wait) => {
    assertEquals(await listHubFiles(place, wait), [
      { path: LARGE, size: large.length },
      { path: "ground_truth.json", size: small.length },
    ]);
    for (const [path, bytes] of Object.entries(FILES)) {
      const found = await downloadHubFile(place, path, { wait });
      assertEquals(found, `${repoFolder(place)}/snapshots/${COMMIT}/${path}`);
      assertEquals(await Deno.readFile(found), bytes);
    }
    const folder = `${place.cache}/datasets--someone--some_set`;
    const blobs = [...Deno.readDirSync(`${folder}/blobs`)].map(({ name }) => name).sort();
    assertEquals(blobs, [gitSum(small), sha256(large)].sort());
    assertEquals(await Deno.readTextFile(`${folder}/refs/main`), COMMIT);
    // The token goes to the Hub alone.
    assertEquals(
      new Set(hub.seen.map(({ server, token }) => `${server} ${token}`)),
      new Set([
        "hub Bearer secret",
        "storage null",
      ]),
    );
    const before = hub.seen.length;
    await downloadHubFile(place, LARGE, { wait });
    assertEquals(hub.seen.slice(before).map(({ method }) => method), ["HEAD"]);
  }));

Deno.test("a download goes on where it was cut, in this run and in the next", () =>
  withHub(async (hub, place, waited, wait) => {
    const blobs = `${repoFolder(place)}/blobs`;
    await Deno.mkdir(blobs, { recursive: true });
    await Deno.writeFile(`${blobs}/${sha256(large)}.incomplete`, large.subarray(0, 10_000));
    hub.trouble.storage.push({ cut: 5000, breaks: true }, { status: 403 }, { cut: 5000 });
    const told: number[] = [];
    const path = await downloadHubFile(place, LARGE, { wait, onBytes: (done) => told.push(done) });
    assertEquals(await Deno.readFile(path), large);
    const ranges = hub.seen.filter(({ server }) => server === "storage").map(({ range }) => range);
    assertEquals(ranges, ["bytes=10000-", "bytes=15000-", "bytes=15000-", "bytes=20000-"]);
    assertEquals([told[0], told.at(-1)], [10_000, large.length]);
    assertEquals(waited.length, 3);
  }));

Deno.test("a server that ignores ranges sends the file anew; one that never brings it is given up", () =>
  withHub(async (hub, place, waited, wait) => {
    hub.trouble.storage.push({ cut: 5000 }, { ignoreRange: true });
    assertEquals(await Deno.readFile(await downloadHubFile(place, LARGE, { wait })), large);
    await Deno.remove(repoFolder(place), { recursive: true });
    waited.length = 0;
    for (let i = 0; i < 9; i++) hub.trouble.storage.push({ cut: 0 });
    await assertRejects(() => downloadHubFile(place, LARGE, { wait }), Error, "after 5 attempts");
    assert(waited.length < 5);
  }));

Deno.test("what was damaged on the way is not kept", () =>
  withHub(async (_, place, __, wait) => {
    const blobs = `${repoFolder(place)}/blobs`;
    await Deno.mkdir(blobs, { recursive: true });
    const wrong = `${blobs}/${sha256(large)}.incomplete`;
    await Deno.writeFile(wrong, new Uint8Array(20_000));
    await assertRejects(() => downloadHubFile(place, LARGE, { wait }), Error, "its sum is");
    assertEquals([...Deno.readDirSync(blobs)], []);
    assertEquals(await Deno.readFile(await downloadHubFile(place, LARGE, { wait })), large);
  }));

Deno.test("a busy server is given the time that it asks for; refusals say what to do", () =>
  withHub(async (hub, place, waited, wait) => {
    hub.trouble.hub.push({ status: 429, headers: { "Retry-After": "7" } }, { status: 503 });
    await downloadHubFile(place, "ground_truth.json", { wait });
    assertEquals(waited, [7, 2]);
    const refusal = async (change: Partial<HubPlace>, path = LARGE) =>
      (await assertRejects(() => downloadHubFile({ ...place, ...change }, path, { wait }), Error))
        .message;
    assert((await refusal({}, "none.zip")).includes('no file "none.zip"'));
    assert((await refusal({ repo: "no/body", token: null })).includes("set HF_TOKEN"));
    assert((await refusal({ repo: "no/body" })).includes("your token may not read it"));
    hub.trouble.hub.push({ status: 403, headers: { "X-Error-Code": "GatedRepo" } });
    assert((await refusal({})).includes("asks for an agreement"));
    hub.trouble.hub.push({ status: 404, headers: { "X-Error-Code": "RevisionNotFound" } });
    assert((await refusal({})).includes('no revision "main"'));
    for (let i = 0; i < 5; i++) hub.trouble.hub.push({ status: 500 });
    assert((await refusal({})).includes("answers 500, after 5 attempts"));
    await assertRejects(() => downloadHubFile(place, "../x", { wait }), Error, "outside");
  }));

Deno.test("renamed repositories and revisions with a slash are followed", () =>
  withHub(async (_, place, __, wait) => {
    const path = await downloadHubFile({ ...place, repo: "renamed/set" }, LARGE, { wait });
    assertEquals(await Deno.readFile(path), large);
    assertEquals(
      await Deno.readTextFile(`${place.cache}/datasets--renamed--set/refs/pr/1`),
      COMMIT,
    );
  }, { revision: "pr/1" }));

Deno.test("hubPlace() goes by the Hub's own variables, a mirror before them", () => {
  const placeIn = (environment: Record<string, string>, mirror?: string) =>
    hubPlace("a/b", "main", mirror, "dataset", (name) => environment[name]);
  assertEquals(placeIn({ HF_HOME: "/h" }), {
    kind: "dataset",
    repo: "a/b",
    revision: "main",
    endpoint: "https://huggingface.co",
    token: null,
    cache: "/h/hub",
  });
  const own = { HF_HOME: "/h", HF_HUB_CACHE: "/c", HF_ENDPOINT: "http://m/", HF_TOKEN: "t" };
  const { cache, endpoint, token } = placeIn(own);
  assertEquals([cache, endpoint, token], ["/c", "http://m", "t"]);
  assertEquals(placeIn(own, "http://n").endpoint, "http://n");
});

Deno.test("downloadData() takes all files or those named, and knows its names", () =>
  withHub(async (hub, { cache }, _, wait) => {
    const request = { name: REPO, mirror: hub.endpoint, cache, progress: silent, wait };
    const { folder, files } = await downloadData(request);
    assertEquals(files, Object.keys(FILES).map((path) => `${folder}/${path}`));
    const one = await downloadData({ ...request, files: ["ground_truth.json"] });
    assertEquals(one.files, [`${folder}/ground_truth.json`]);
    const wrong = { ...request, files: ["x"] };
    await assertRejects(
      () => downloadData(wrong),
      Error,
      '"someone/some_set" has data/train set#1',
    );
    const near = { ...request, name: "ucf_crime_i3d_seg3" };
    await assertRejects(() => downloadData(near), RangeError, `did you mean ${hubSets[0].name}`);
  }));
