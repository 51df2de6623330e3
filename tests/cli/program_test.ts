import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import settings from "../../deno.json" with { type: "json" };
import { denoRun, wsvad, wsvadEach } from "./run_wsvad.ts";

const COMMANDS = [
  "demo",
  "train",
  "eval",
  "score",
  "verify",
  "data",
  "doctor",
  "slots",
  "config",
  "completion",
  "licenses",
  "version",
];

Deno.test("wsvad --help lists every command on stdout and exits with 0", async () => {
  const { code, stdout, stderr } = await wsvad(["--help"]);
  assertEquals([code, stderr], [0, ""]);
  for (const command of COMMANDS) assertMatch(stdout, new RegExp(`^  ${command} `, "m"));
  assertStringIncludes(stdout, "Examples:");
});

Deno.test("wsvad COMMAND --help shows an example of itself", async () => {
  const outcomes = await wsvadEach(COMMANDS.map((command) => [command, "--help"]));
  outcomes.forEach(({ code, stdout }, i) => {
    assertEquals(code, 0);
    assertMatch(stdout, new RegExp(`Examples:\n  wsvad ${COMMANDS[i]}`));
    assert(!stdout.includes("\x1b"), "colour off a terminal");
  });
});

Deno.test("main.ts loads neither zod, yaml nor tfjs before a command needs them", async () => {
  const { stdout } = await denoRun([
    "info",
    "--json",
    new URL("../../main.ts", import.meta.url).href,
  ]);
  const graph = JSON.parse(stdout) as {
    roots: string[];
    modules: {
      specifier: string;
      dependencies?: {
        specifier: string;
        isDynamic?: boolean;
        code?: { specifier?: string };
      }[];
    }[];
  };
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (specifier: string) => {
    if (seen.has(specifier)) return;
    seen.add(specifier);
    for (const { specifier: name, isDynamic, code } of modules.get(specifier)?.dependencies ?? []) {
      // Imports of types alone have no code.
      if (isDynamic || code?.specifier === undefined) continue;
      if (!/^(\.|file:|node:)/.test(name)) packages.add(name);
      visit(code.specifier);
    }
  };
  graph.roots.forEach(visit);
  assertEquals([...packages], ["commander"]);
  assert(seen.size > 10, `only ${seen.size} modules seen`);
});

Deno.test("wsvad --version prints the version of deno.json", async () => {
  assertEquals((await wsvad(["--version"])).stdout, `${settings.version}\n`);
});

const MISTAKES: [what: string, args: string[], message: string][] = [
  ["an unknown command", ["trian"], "(Did you mean train?)"],
  ["an unknown command of data", ["data", "scren"], "(Did you mean screen?)"],
  ["a demo that is none", ["demo", "viedo"], 'nor a setting; did you mean "video"?'],
  ["an action of runs that is none", ["runs", "lst"], 'query, note, rm; did you mean "list"?'],
  ["a kind of slot that is none", ["slots", "encodr"], 'did you mean "encoder"?'],
  ["a shell that is none", ["completion", "zhs"], 'bash, zsh, fish; did you mean "zsh"?'],
  ["an unknown option", ["train", "--ruunner", "mil"], "(Did you mean --runner?)"],
  ["a missing argument", ["eval"], "missing required argument 'run'"],
  [
    "a missing option",
    ["score", "a.npy"],
    "required option '-c, --checkpoint <path>' not specified",
  ],
  [
    "a device that is none",
    ["verify", "x", "--device", "gpu"],
    'Allowed choices are auto, webgpu, cpu; did you mean "webgpu"?',
  ],
  ["a memory size without unit", ["train", "--gpu-memory", "6"], "Expected a size such as 6GB"],
  [
    "a layout that is none",
    ["score", "-c", "a", "b", "--layout", "x"],
    "Allowed choices are crops_first",
  ],
  ["a format that is none", ["score", "-c", "a", "b", "--format", "csv,png"], 'found "png"'],
  ["a frame rate of 0", ["score", "-c", "a", "b", "--fps", "0"], "Expected a number above 0"],
  ["no file to score", ["score", "-c", "a", "data.fps=25"], "no feature file or folder given"],
  ["no method", ["train"], "no runner given; add --runner NAME ("],
  [
    "a method without --runner",
    ["train", "rtfm"],
    'Cannot read the setting "rtfm": there is no =; did you mean runner=rtfm?',
  ],
  ["a data set without data=", ["train", "synthetc"], "did you mean data=synthetic?"],
  ["a bare word", ["train", "whatever"], "there is no =; settings are key=value"],
  [
    "a setting as an option",
    ["train", "--runner", "rtfm", "--lr", "0.1"],
    "--lr is no option; settings are key=value: did you mean runner.optimizer.lr=0.1?",
  ],
  ["a setting of the training", ["train", "--seed", "1"], "did you mean trainer.seed=1?"],
  ["a setting with its value", ["demo", "--batch-size=8"], "did you mean data.batch_size=8?"],
  ["a part of a setting", ["config", "--epochs", "3"], "did you mean trainer.max_epochs=3?"],
  ["a setting of one method", ["train", "--runner=s3r", "--slots"], "runner.encoder.slots=..."],
  ["an unknown method", ["config", "--runner", "mill"], "Cannot use runner=mill: no such file"],
  ["an unknown data set", ["config", "--runner", "x", "data=sinthetic"], "Cannot use"],
  [
    "a --config-dir that is none",
    ["config", "--runner", "x", "--config-dir", "/nowhere"],
    "no such folder",
  ],
  [
    "settings on --resume",
    ["train", "--resume", "runs/a", "trainer.seed=1"],
    'Cannot resume "runs/a" with trainer.seed=1',
  ],
  ["--out on --resume", ["train", "--resume", "runs/a", "--out", "b"], "with --out b"],
];

Deno.test("wsvad refuses mistakes of the command line with exit code 1", async (test) => {
  const outcomes = await wsvadEach(MISTAKES.map(([, args]) => args));
  for (const [i, [what, args, message]] of MISTAKES.entries()) {
    await test.step(`${what}: wsvad ${args.join(" ")}`, () => {
      const { code, stdout, stderr } = outcomes[i];
      assertStringIncludes(stderr, message);
      assertEquals([code, stdout], [1, ""]);
      assert(!stderr.includes("    at "), `a stack for a user's mistake:\n${stderr}`);
    });
  }
});

Deno.test("wsvad without a command prints its help and exits with 1", async () => {
  const { code, stderr } = await wsvad([]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Usage: wsvad");
});

/** The exit code and stderr for an error that a command throws. */
async function exitOf(thrown: string): Promise<[number, string]> {
  const program = new URL("../../src/cli/errors.ts", import.meta.url).href;
  const fault = new URL("../../src/fault.ts", import.meta.url).href;
  const script = `import { exitCodeOf } from "${program}"; import { fault } from "${fault}";
    Deno.exit(exitCodeOf(${thrown}));`;
  const { code, stderr } = await denoRun(["eval", script]);
  return [code, stderr];
}

Deno.test("exitCodeOf() prints a fault's message alone and gives 1", async () => {
  assertEquals(await exitOf('fault(RangeError, "Cannot read x; do y")'), [
    1,
    "Cannot read x; do y\n",
  ]);
});

Deno.test("exitCodeOf() prints any other error with its stack as a bug and gives 2", async () => {
  const [code, stderr] = await exitOf('new RangeError("ours")');
  assertEquals(code, 2);
  assertMatch(stderr, /^RangeError: ours\n +at /);
  assertStringIncludes(stderr, `This is a bug in wsvad ${settings.version}`);
});

Deno.test("exitCodeOf() says how to allow what Deno does not, and gives 1", async () => {
  const [code, stderr] = await exitOf('new Deno.errors.NotCapable("Requires read access")');
  assertEquals([code, stderr], [1, "Requires read access; allow it, or run with -A\n"]);
});
