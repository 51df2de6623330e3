/**
 * Settings made to take for ever or to fill the memory: refused in under a second, with a clear
 * word.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { listGroup, loadGroupFile } from "../../src/config/groups.ts";
import { interpolate } from "../../src/config/interpolate.ts";
import { loadYaml } from "../../src/config/load_yaml.ts";
import { didYouMean, nearestPath } from "../../src/config/nearest.ts";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { isFault } from "../../src/fault.ts";
import { registry } from "../../src/model/registry.ts";
import { threadSeconds } from "../support/thread_time.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** CPU seconds on a busy machine; an idle one takes a fifth, the old code 20 s and more. */
const LONGEST_SECONDS = 4;

function seconds(action: () => void): number {
  const start = threadSeconds();
  action();
  return threadSeconds() - start;
}

interface Bomb {
  what: string;
  run: () => unknown;
  message: string | RegExp;
}

const many = (count: number, of: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => of(i));
const doubling = (count: number) =>
  Object.fromEntries(
    many(count, (i) => i === 0 ? "0123456789" : `\${data.k${i - 1}}\${data.k${i - 1}}`)
      .map((value, i) => [`k${i}`, value]),
  );
const trees = Object.fromEntries(
  many(18, (i) => `t${i}`).map((key, i) => [
    key,
    i === 0 ? { x: 1 } : { a: `\${data.t${i - 1}}`, b: `\${data.t${i - 1}}` },
  ]),
);
const resolved = (data: Record<string, unknown>) => interpolate({ data }, () => undefined);
const settings = (...overrides: string[]) =>
  resolveConfig({ catalog: registry, overrides: ["runner=mil", ...overrides] });

const BOMBS: Bomb[] = [
  {
    what: "over 512 kB",
    run: () => loadYaml(`a: ${"x".repeat(530_000)}`, "a.yaml"),
    message: 'Cannot read "a.yaml": a settings file over 512 kB',
  },
  {
    what: "51,000 keys",
    run: () => loadYaml(many(51_000, (i) => `k${i}:`).join("\n"), "a.yaml"),
    message: "over 50000 lines and items",
  },
  {
    what: "2,000 aliases",
    run: () => loadYaml(`a: &b 1\n${many(2_000, (i) => `k${i}: *b`).join("\n")}`, "a.yaml"),
    message: "over 1000 anchors, aliases and tags",
  },
  {
    what: "a key of 127,000 characters",
    run: () => settings(`data.${"k".repeat(127_000)}=1`),
    message: "is not a setting",
  },
  {
    what: "one key twice among 5,000",
    run: () => loadYaml(`${many(5_000, (i) => `k${i}: ${i}`).join("\n")}\nk7: 1\n`, "a.yaml"),
    message: '"a.yaml", line 5001, column 1: this key stands twice in the same mapping',
  },
  {
    what: "brackets nested 50,000 deep",
    run: () => loadYaml(`a: ${"[".repeat(50_000)}`, "a.yaml"),
    message: /^Cannot read "a\.yaml", line 1/,
  },
  {
    what: "mappings nested 300 deep",
    run: () => loadYaml(many(300, (i) => `${" ".repeat(i)}k:`).join("\n"), "a.yaml"),
    message: "nested over 20 deep",
  },
  {
    what: "texts that double",
    run: () => resolved(doubling(20)),
    message: /replacements|grows over/,
  },
  { what: "texts that double 60 times", run: () => resolved(doubling(60)), message: /over \d+/ },
  { what: "trees that double", run: () => resolved(trees), message: "over 1000 replacements" },
  {
    what: "a hundred thousand expressions in one value",
    run: () => resolved({ one: "x", all: "${data.one}".repeat(100_000) }),
    message: "over 1000 replacements",
  },
  {
    what: "expressions nested a hundred thousand deep",
    run: () => resolved({ all: `${"${".repeat(100_000)}a${"}".repeat(100_000)}` }),
    message: "braces nested over 20 deep",
  },
  {
    what: "references in a chain of 5000",
    run: () =>
      resolved(
        Object.fromEntries(many(5000, (i) => `k${i}`).map((k, i) => [k, `\${data.k${i + 1}}`])),
      ),
    message: "references lead over 20 keys",
  },
];

for (const { what, run, message } of BOMBS) {
  Deno.test(`settings refuse ${what}`, () => {
    const took = seconds(() => {
      const error = assertThrows(run, Error);
      assert(isFault(error), String(error));
      const told = typeof message === "string"
        ? error.message.includes(message)
        : message.test(error.message);
      assert(told, error.message.slice(0, 500));
    });
    assert(took < LONGEST_SECONDS, `${took} s`);
  });
}

const PARTS = [
  "&a ",
  "x, ",
  "a:\n",
  "'",
  "? ",
  "| ",
  "!a ",
  "- 1\n",
  "a: b: c\n",
  "]",
  "\n",
  "*a\n",
  "%A b\n",
  "# x\n- {b: 1}\n",
];
for (const part of PARTS) {
  Deno.test(`512 kB of ${JSON.stringify(part)} are read or refused in no time`, () => {
    const text = `a:\n${part.repeat(520_000 / part.length)}`;
    const took = seconds(() => {
      try {
        loadYaml(text, "a.yaml");
      } catch (error) {
        assert(isFault(error), String(error));
      }
    });
    assert(took < LONGEST_SECONDS, `${took} s`);
  });
}

Deno.test("generated settings of some hundred kilobytes are read in no time", () => {
  const rows = many(
    4_000,
    (i) =>
      `- {by: paper ${i}, data: ucf_crime, metric: roc_auc, percent: ${i % 100}, features: i3d}`,
  );
  const text = `runner:\n  published:\n${rows.map((row) => `    ${row}`).join("\n")}\n`;
  assert(text.length > 300_000);
  const took = seconds(() => {
    const { value } = loadYaml(text, "a.yaml");
    assertEquals((value as { runner: { published: unknown[] } }).runner.published.length, 4_000);
  });
  assert(took < LONGEST_SECONDS, `${took} s`);
  const keys = many(20_000, (i) => `k${i}: ${i}`).join("\n");
  assert(seconds(() => loadYaml(keys, "a.yaml")) < LONGEST_SECONDS);
});

Deno.test("5,000 unknown keys are named in part, in no time", () =>
  withFolder((folder) => {
    const path = join(folder, "large.yaml");
    Deno.writeTextFileSync(path, many(5_000, (i) => `k${i}: ${i}`).join("\n"));
    const took = seconds(() => {
      const error = assertThrows(
        () => settings(`data=${path}`),
        RangeError,
        "data.k0 is not a setting",
      );
      assert(error.message.includes("; and 4990 more keys are none"), error.message);
    });
    assert(took < LONGEST_SECONDS, `${took} s`);
    return Promise.resolve();
  }));

Deno.test("a suggestion is looked for among names of like length alone", () => {
  assertEquals(didYouMean("mill", ["mil", "m".repeat(1e6)]), '; did you mean "mil"?');
  assertEquals(nearestPath("k".repeat(1e6), ["data.root"]), undefined);
});

Deno.test("a value of many expressions and chains of a few are replaced as before", () => {
  const data: Record<string, unknown> = {
    a: "x",
    b: "${data.a}${data.a}/${data.c}-",
    c: "${data.a}",
    d: "${oc.env:NO,${oc.env:ALSO_NOT,${data.a}}}!",
  };
  resolved(data);
  assertEquals(data, { a: "x", b: "xx/x-", c: "x", d: "x!" });
});

Deno.test("a bad file in --config-dir does not hide the mistake that was made, nor the other files", () =>
  withFolder(async (folder) => {
    const runners = join(folder, "runner");
    Deno.mkdirSync(runners);
    Deno.writeTextFileSync(join(runners, "good.yaml"), "# A method\nname: mil\n");
    Deno.writeFileSync(join(runners, "latin.yaml"), new Uint8Array([0x23, 0xe9, 0x0a]));
    Deno.symlinkSync("/no/such/file", join(runners, "gone.yaml"));
    await new Deno.Command("mkfifo", { args: [join(runners, "pipe.yaml")] }).output();
    const error = assertThrows(
      () => loadGroupFile("runner", "goood", [folder]),
      RangeError,
      'no such file among the runner settings; did you mean "good"?',
    );
    assert(error.message.includes("latin"), error.message);
    const found = new Map(
      listGroup("runner", [folder]).map((choice) => [choice.name, choice.summary]),
    );
    assertEquals(found.get("good"), "A method");
    assert(found.get("latin")!.includes("not UTF-8"), found.get("latin"));
    assert(found.get("gone")!.includes('is a link to "/no/such/file"'), found.get("gone"));
    assert(found.get("pipe")!.includes("a device or a pipe"), found.get("pipe"));
  }));
