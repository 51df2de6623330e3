/** The steps of a release that run here, with a small program in place of the executable. */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { parse } from "@std/yaml";
import { join } from "node:path";
import { checkTag, finishRelease } from "../../tasks/release/steps.ts";
import { sbomOf } from "../../tasks/release/sbom.ts";
import { tool } from "../../src/tool.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));
const platform = `${Deno.build.os}-${Deno.build.arch}`;
const parts = [
  { name: "wsvad", version: tool.version, license: "", text: "" },
  { name: "deno", version: "2.9.6", license: "MIT", text: "..." },
  { name: "@scope/part", version: "1.0.0", license: "MIT", text: "..." },
  { name: "libblas", version: "1:2+ds", license: "see its text", text: "the text" },
];
const program = `#!/bin/sh
case "$1" in
licenses) echo '${JSON.stringify(parts)}' ;;
version) echo "version ${tool.version}" ;;
esac
`;
const ignore = Deno.build.os === "windows" || !["curl", "wget"].some(has);

function has(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("checkTag() takes the version of deno.json alone, which CHANGELOG.md has", () => {
  checkTag(`v${tool.version}`);
  assertThrows(() => checkTag("v99.0.0"), Error, `deno.json has version ${tool.version}`);
});

Deno.test("sbomOf() names every part with version, address and licence, and no time", () => {
  const text = sbomOf(parts, [{ name: "wsvad-x", sha256: "ab" }]);
  assertEquals(text, sbomOf(parts, [{ name: "wsvad-x", sha256: "ab" }]));
  const bom = JSON.parse(text);
  assertEquals([bom.bomFormat, bom.specVersion], ["CycloneDX", "1.6"]);
  assertEquals(bom.components.map(({ purl }: { purl: string }) => purl), [
    "pkg:github/denoland/deno@v2.9.6",
    "pkg:npm/%40scope/part@1.0.0",
    "pkg:deb/debian/libblas@1%3A2%2Bds",
  ]);
  assertEquals(bom.components[1].licenses, [{ expression: "MIT" }]);
  assertEquals(bom.components[2].licenses[0].license.text.content, "the text");
  assertEquals(bom.metadata.component.components[0].hashes[0].content, "ab");
});

/** A finished release of the small program, at an address of this machine. */
async function withRelease(
  use: (at: { dist: string; home: string; releases: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wsvad release " });
  const dist = join(folder, "dist"), home = join(folder, "home");
  await Deno.mkdir(dist);
  await Deno.mkdir(home);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const [, version, name] = /^\/releases\/(latest\/download|download\/[^/]+)\/([\w.-]+)$/.exec(
      new URL(request.url).pathname,
    ) ?? [];
    const known = version === "latest/download" || version === `download/v${tool.version}`;
    const body = known ? await Deno.readFile(join(dist, name)).catch(() => null) : null;
    return new Response(body, { status: body === null ? 404 : 200 });
  });
  try {
    const releases = `http://127.0.0.1:${server.addr.port}/releases`;
    await Deno.writeTextFile(join(dist, `wsvad-${platform}`), program, { mode: 0o755 });
    await finishRelease(dist, releases);
    await use({ dist, home, releases });
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a script with a home of its own. */
async function install(script: string, home: string, env: Record<string, string> = {}) {
  const command = new Deno.Command("sh", {
    args: [script],
    ...{ clearEnv: true, env: { PATH: Deno.env.get("PATH")!, HOME: home, ...env } },
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const bin = (home: string) => join(home, ".local", "bin");
const installed = (home: string) => {
  try {
    return [...Deno.readDirSync(bin(home))].map(({ name }) => name);
  } catch {
    return [];
  }
};

Deno.test({
  name: "a release has sums of all its files, and its install script installs what was published",
  ignore,
  fn: () =>
    withRelease(async ({ dist, home }) => {
      const names = read("CHANGELOG.md").includes(`## ${tool.version}`) &&
        [...Deno.readDirSync(dist)].map(({ name }) => name).sort();
      assertEquals(names, [
        ...["SHA256SUMS", "install.sh", "notes.md", `wsvad-${platform}`, "wsvad.cdx.json"],
      ]);
      const sums = Deno.readTextFileSync(join(dist, "SHA256SUMS")).trim().split("\n");
      assertEquals(sums.map((line) => line.split("  ")[1]), [
        ...[`wsvad-${platform}`, "wsvad.cdx.json", "install.sh"],
      ]);
      const asked: Record<string, string>[] = [{}, { WSVAD_VERSION: tool.version }];
      for (const env of asked) {
        const { code, stdout, stderr } = await install(join(dist, "install.sh"), home, env);
        assertEquals(code, 0, stderr);
        assertStringIncludes(stdout, `version ${tool.version}\nInstalled as ${bin(home)}/wsvad`);
        assertStringIncludes(stdout, "Add that folder to PATH");
        assertEquals(installed(home), ["wsvad"]);
        assertEquals(Deno.readTextFileSync(join(bin(home), "wsvad")), program);
      }
    }),
});

const FAULTS: [
  what: string,
  harm: (dist: string) => void,
  env: Record<string, string>,
  said: RegExp,
][] = [
  [
    "a download that was changed",
    (dist) => Deno.writeTextFileSync(join(dist, `wsvad-${platform}`), "#!/bin/sh\necho evil\n"),
    {},
    /not what was published \(SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}\)/,
  ],
  [
    "a version that is not there",
    () => {},
    { WSVAD_VERSION: "9.9.9" },
    /cannot download ".*v9\.9\.9/,
  ],
  [
    "a platform that is not there",
    (dist) => Deno.writeTextFileSync(join(dist, "SHA256SUMS"), `${"0".repeat(64)}  wsvad-other\n`),
    {},
    /the release has no executable wsvad-/,
  ],
  [
    "an executable that does not start",
    (dist) => {
      const text = "#!/bin/sh\nexit 3\n";
      Deno.writeTextFileSync(join(dist, `wsvad-${platform}`), text);
      const { stdout } = new Deno.Command("sha256sum", { args: [`wsvad-${platform}`], cwd: dist })
        .outputSync();
      Deno.writeFileSync(join(dist, "SHA256SUMS"), stdout);
    },
    {},
    /does not start on this machine; nothing was installed/,
  ],
];
for (const [what, harm, env, said] of FAULTS) {
  Deno.test({
    name: `install.sh refuses ${what}, and leaves an earlier wsvad as it was`,
    ignore,
    fn: () =>
      withRelease(async ({ dist, home }) => {
        harm(dist);
        await Deno.mkdir(bin(home), { recursive: true });
        await Deno.writeTextFile(join(bin(home), "wsvad"), "earlier");
        const { code, stderr } = await install(join(dist, "install.sh"), home, env);
        assertEquals(code, 1);
        assertMatch(stderr, said);
        assertEquals(installed(home), ["wsvad"]);
        assertEquals(Deno.readTextFileSync(join(bin(home), "wsvad")), "earlier");
      }),
  });
}

Deno.test({
  name: "install.sh that was cut off anywhere installs nothing, and without an address says so",
  ignore,
  fn: () =>
    withRelease(async ({ dist, home }) => {
      const lines = Deno.readTextFileSync(join(dist, "install.sh")).trimEnd().split("\n");
      const cut = join(home, "cut.sh");
      for (let kept = 10; kept < lines.length; kept += 9) {
        await Deno.writeTextFile(cut, lines.slice(0, kept).join("\n"));
        await install(cut, home);
        assertEquals(installed(home), [], `${kept} lines`);
      }
      await Deno.writeTextFile(cut, read("install.sh"));
      const { code, stderr } = await install(cut, home);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "say their address by WSVAD_RELEASES");
    }),
});

Deno.test("the workflows run tasks that are there, with the Deno of .ci/run, for the platforms of install.sh", () => {
  const { tasks } = JSON.parse(read("deno.json"));
  const [, version] = /npx -y deno@([\d.]+)/.exec(read(".ci/run"))!;
  interface Job {
    steps: { run?: string; uses?: string }[];
    strategy?: { matrix: { include?: { file: string }[] } };
  }
  const files: string[] = [];
  for (const name of ["test", "release"]) {
    const text = read(`.github/workflows/${name}.yml`);
    const { jobs } = parse(text) as { jobs: Record<string, Job> };
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    for (const { run, uses } of steps) assert((run === undefined) !== (uses === undefined));
    const called = [...text.matchAll(/npx -y deno@([\d.]+) task (\S+)/g)];
    assert(called.length >= 2);
    for (const [, deno, task] of called) {
      assertEquals(deno, version);
      assert(task in tasks, task);
    }
    files.push(...(jobs.build?.strategy?.matrix.include ?? []).map(({ file }) => file));
  }
  const systems = ["linux", "darwin", "windows"], machines = ["x86_64", "aarch64"];
  const all = systems.flatMap((system) => machines.map((machine) => `wsvad-${system}-${machine}`));
  assertEquals(files.map((file) => file.replace(/\.exe$/, "")), all);
});
