/** Where and how the executable unpacks itself, on a machine that is not always well. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { tool } from "../../src/tool.ts";
import { executable, type Outcome, run, unpackedIn, unpacks, withOddFolder } from "./executable.ts";
import { mayUnshare } from "./unshare.ts";

/**
 * A test in a folder of its own, which is the cache folder; ignored for an executable that does not
 * unpack.
 */
function test(name: string, fn: (cache: string) => Promise<void>): void {
  Deno.test({ name, ignore: !unpacks, fn: () => withOddFolder(fn) });
}

async function version(cache: string): Promise<Outcome> {
  return await run(executable, ["--version"], { env: { XDG_CACHE_HOME: cache } });
}

async function assertStarts(cache: string): Promise<void> {
  const { code, stdout, stderr } = await version(cache);
  assertEquals([code, stdout, stderr], [0, `${tool.version}\n`, ""]);
}

/**
 * Every file has its sum, the list of sums that of the folder's name, and nothing else is there.
 */
async function assertWhole(folder: string): Promise<void> {
  const check = await run("/usr/bin/sha256sum", ["--quiet", "-c", "SHA256SUMS"], { cwd: folder });
  assertEquals([check.code, check.stdout], [0, ""], check.stderr);
  const sums = createHash("sha256").update(Deno.readFileSync(join(folder, "SHA256SUMS")));
  assertEquals(sums.digest("hex").slice(0, 12), folder.slice(-12));
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assertEquals(names, [".state", "SHA256SUMS", "deno", "program", "tests"]);
}

/** Names in the folder that holds all unpacked versions. */
function beside(cache: string): string[] {
  return [...Deno.readDirSync(join(cache, "wsvad", "executable"))].map(({ name }) => name).sort();
}

test("a second start of the executable unpacks nothing and checks no file anew", async (cache) => {
  await assertStarts(cache);
  const deno = join(unpackedIn(cache), "deno"), before = Deno.statSync(deno);
  const note = Deno.statSync(join(unpackedIn(cache), ".state"));
  await assertStarts(cache);
  assertEquals(Deno.statSync(deno).ino, before.ino);
  assertEquals(Deno.statSync(join(unpackedIn(cache), ".state")).ino, note.ino);
});

test("four starts of the executable at once on a cold cache all work, and leave one copy", async (cache) => {
  const all = await Promise.all([1, 2, 3, 4].map(() => version(cache)));
  for (const { code, stdout, stderr } of all) {
    assertEquals([code, stdout, stderr], [0, `${tool.version}\n`, ""]);
  }
  const names = beside(cache);
  assertEquals(names.length, 2, names.join(" ")); // and Deno's own cache
  await assertWhole(unpackedIn(cache));
  await assertStarts(cache);
});

test("a start that was killed while it unpacked leaves nothing that a later one would take", async (cache) => {
  const child = new Deno.Command(executable, {
    ...{ args: ["--version"], clearEnv: true, env: { XDG_CACHE_HOME: cache } },
    ...{ stdout: "null", stderr: "null" },
  }).spawn();
  await new Promise((resolve) => setTimeout(resolve, 300));
  try {
    child.kill("SIGKILL");
  } catch {
    // it was fast
  }
  await child.status;
  await assertStarts(cache);
});

/** Ways in which a cache comes to harm. */
const DAMAGES: Record<string, (folder: string) => void> = {
  "has a byte changed in Deno": (folder) => {
    using file = Deno.openSync(join(folder, "deno"), { read: true, write: true });
    file.seekSync(40e6, Deno.SeekMode.Start);
    file.writeSync(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  },
  "has Deno cut off": (folder) => Deno.truncateSync(join(folder, "deno"), 1e6),
  "has lost the bundle": (folder) => Deno.removeSync(join(folder, "program/bundle/main.js")),
  "has a changed bundle": (folder) =>
    Deno.writeTextFileSync(join(folder, "program/bundle/main.js"), "console.log('0.0.0')"),
  "has lost a golden case": (folder) =>
    Deno.removeSync(join(folder, "tests/golden/mil"), { recursive: true }),
  "has a Deno that may not be run": (folder) => Deno.chmodSync(join(folder, "deno"), 0o644),
  "is a file": (folder) => {
    Deno.removeSync(folder, { recursive: true });
    Deno.writeTextFileSync(folder, "");
  },
  "has an empty note, as after a crash, and a changed list": (folder) => {
    Deno.writeTextFileSync(join(folder, ".state"), "");
    Deno.writeTextFileSync(join(folder, "SHA256SUMS"), "");
  },
};
for (const [how, damage] of Object.entries(DAMAGES)) {
  test(`a cache of the executable that ${how} is repaired`, async (cache) => {
    await assertStarts(cache);
    const folder = unpackedIn(cache);
    damage(folder);
    await assertStarts(cache);
    assertEquals(unpackedIn(cache), folder);
    await assertWhole(folder);
    assertEquals(beside(cache).length, 2, beside(cache).join(" "));
  });
}

test("another version's cache beside that of the executable stays as it is", async (cache) => {
  const old = join(cache, "wsvad", "executable", "0.0.9-linux-x86_64-0123456789ab");
  await Deno.mkdir(old, { recursive: true });
  await Deno.writeTextFile(join(old, "deno"), "old");
  const before = Deno.statSync(old);
  const { code, stderr } = await version(cache);
  assertEquals(code, 0, stderr);
  assertEquals(Deno.readTextFileSync(join(old, "deno")), "old");
  assertEquals(Deno.statSync(old).mtime, before.mtime);
});

test("an executable that was cut off says that it is damaged", async (cache) => {
  const cut = join(cache, "wsvad cut");
  await Deno.copyFile(executable, cut);
  await Deno.truncate(cut, 20e6);
  const { code, stderr } = await run(cut, ["--version"], { env: { XDG_CACHE_HOME: cache } });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "is damaged: download it again");
  assertEquals(beside(cache), []);
});

/**
 * Runs shell text as root of a namespace with mounts of its own, the cache folder being $1 and the
 * executable $2.
 */
async function inNamespace(cache: string, script: string): Promise<Outcome> {
  return await run("/usr/bin/unshare", ["-rm", "sh", "-ec", script, "sh", cache, executable], {
    env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
  });
}

function mountTest(name: string, fn: (cache: string) => Promise<void>): void {
  Deno.test({ name, ignore: !unpacks || !mayUnshare, fn: () => withOddFolder(fn) });
}

mountTest(
  "on a full disk the executable says how much it needs, and leaves nothing",
  async (cache) => {
    const { code, stdout, stderr } = await inNamespace(
      cache,
      'mount -t tmpfs -o size=20m none "$1"\nXDG_CACHE_HOME="$1" "$2" --version || ' +
        '{ code=$?; find "$1" -type f; exit $code; }',
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(
      stderr,
      /^wsvad: Cannot unpack into ".*": no space left, 1\d\d MB are needed; free .*\n$/,
    );
  },
);

mountTest(
  "with a read-only home the executable unpacks into a temporary folder of the user's",
  async (cache) => {
    const tmp = join(dirname(cache), "tmp");
    await Deno.mkdir(tmp);
    const script = `mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"\n` +
      `export HOME="$1" TMPDIR="${tmp}"; "$2" --version; "$2" --version; stat -c %a "$TMPDIR"/wsvad-*`;
    const { code, stdout, stderr } = await inNamespace(cache, script);
    assertEquals([code, stdout, stderr], [0, `${tool.version}\n${tool.version}\n700\n`, ""]);
  },
);

mountTest("a read-only home with the cache in it is used as it is", async (cache) => {
  await assertStarts(cache);
  const script = `mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"\n` +
    `XDG_CACHE_HOME="$1" TMPDIR=/nowhere "$2" --version`;
  const { code, stdout, stderr } = await inNamespace(cache, script);
  assertEquals([code, stdout, stderr], [0, `${tool.version}\n`, ""]);
});

mountTest(
  "where programs may not run in the home the executable unpacks elsewhere",
  async (cache) => {
    const tmp = join(dirname(cache), "tmp");
    await Deno.mkdir(tmp);
    const script = `mount -t tmpfs -o noexec none "$1"\n` +
      `XDG_CACHE_HOME="$1" TMPDIR="${tmp}" "$2" --version`;
    const { code, stdout, stderr } = await inNamespace(cache, script);
    assertEquals([code, stdout, stderr], [0, `${tool.version}\n`, ""]);
  },
);

test("a temporary folder that others may write to is refused, not run from", async (cache) => {
  const tmp = join(cache, "tmp"), home = join(cache, "home");
  await Deno.writeTextFile(home, "no folder");
  await Deno.mkdir(join(tmp, `wsvad-${Deno.uid()}`), { recursive: true });
  await Deno.chmod(join(tmp, `wsvad-${Deno.uid()}`), 0o777);
  const env = { HOME: home, TMPDIR: tmp };
  const { code, stderr } = await run(executable, ["--version"], { env });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "not a folder of yours alone; name another by XDG_CACHE_HOME");
  assertStringIncludes(stderr, home);
});
