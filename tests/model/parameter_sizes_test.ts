/**
 * Sizes that a user asks for and no machine has are refused by their key, before memory is asked
 * for them.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve_config.ts";
import { listGroup } from "../../src/config/groups.ts";
import { openDataset } from "../../src/data/open_dataset.ts";
import { poolSegments } from "../../src/data/segments.ts";
import { isFault } from "../../src/fault.ts";
import { checkChain, type ModelConfig } from "../../src/model/chain.ts";
import { modelConfig } from "../../src/model/model_config.ts";
import { requireParametersFit, type Room } from "../../src/model/parameter_sizes.ts";
import { registry } from "../../src/model/registry.ts";
import { wsvad } from "../cli/run_wsvad.ts";
import { threadSeconds } from "../support/thread_time.ts";
import { withFolder } from "../support/temporary_folder.ts";

const ROOM: Room = { limit: 4e9, largestTensor: 4e9, copies: 3, owner: "this device" };
const HUGE = 1_000_000_000;

function settingsOf(runner: string, ...overrides: string[]) {
  // Features of CLIP suit every method, and some take no others.
  const all = [`runner=${runner}`, "data.features=clip", ...overrides];
  return resolveConfig({ catalog: registry, overrides: all });
}

function modelOf(runner: string, ...overrides: string[]): ModelConfig {
  const { runner: chosen, data } = settingsOf(runner, ...overrides);
  // Features in CLIP's space have its 512 channels.
  return modelConfig(chosen, data, chosen.features.text_aligned ? 512 : 2048);
}

/** Every whole number among the settings of an entry, set to a thousand million. */
function enlarged(config: ModelConfig): { key: string; config: ModelConfig }[] {
  return (["encoder", "head", "branch"] as const).flatMap((kind) =>
    Object.entries(config[kind] ?? {}).flatMap(([key, value]) => {
      const huge = Number.isInteger(value) && value !== 0
        ? HUGE
        : Array.isArray(value) && Number.isInteger(value[0])
        ? value.with(0, HUGE)
        : null;
      const changed = { ...config, [kind]: { ...config[kind], [key]: huge } } as ModelConfig;
      return huge === null ? [] : [{ key: `${kind}.${key}`, config: changed }];
    })
  );
}

/**
 * What comes of the check: null where it fits, else the message; a schema's refusal comes before.
 */
function found(config: ModelConfig): string | null {
  try {
    requireParametersFit(config, ROOM, "it");
    return null;
  } catch (error) {
    assert(isFault(error) || (error as Error).name.includes("Zod"), String(error));
    return (error as Error).message;
  }
}

for (const { name } of listGroup("runner", [])) {
  Deno.test(`requireParametersFit() knows in no time whether the parameters of ${name} fit, whatever its sizes`, () => {
    const config = modelOf(name);
    assertEquals(found(config), null);
    for (const { key, config: changed } of enlarged(config)) {
      const start = threadSeconds();
      const message = found(changed);
      const seconds = threadSeconds() - start;
      assert(seconds < 1.5, `${key}: ${seconds} s of the processor`);
      const setting = /: (runner\.[\w.]+=\S+) fits$/.exec(message ?? "")?.[1];
      if (setting === undefined) continue;
      assert(setting.startsWith(`runner.${key}=`), `${key}: ${message}`);
      assertEquals(found(modelOf(name, setting)), null, setting);
    }
  });
}

Deno.test("requireParametersFit() names the parameter, its size, the room, the key and a value that fits", () => {
  const error = assertThrows(
    () => requireParametersFit(modelOf("mil", "runner.head.hidden=[1000000000,2]"), ROOM, "mil"),
    RangeError,
  );
  assertEquals(
    error.message,
    'Cannot build mil: "fc1.weight" [1000000000, 2048] takes 7.45 TiB, this device has 3.73 GiB; ' +
      "lower runner.head.hidden=[1000000000,2]: runner.head.hidden=[61035,2] fits",
  );
});

Deno.test("requireParametersFit() counts what training keeps beside each parameter", () => {
  const config = modelOf("mil", "runner.head.hidden=[200000,2]"); // 1.6 GB
  requireParametersFit(config, { ...ROOM, copies: 0 }, "mil");
  assertThrows(() => requireParametersFit(config, ROOM, "mil"), RangeError, "runner.head.hidden");
});

for (
  const [setting, message] of [
    ["data.synthetic.videos_train=1000000000", "data.synthetic.videos_train"],
    ["data.synthetic.videos_test=1000000000", "data.synthetic.videos_test"],
    ["data.synthetic.longest_train=1000000000", "data.synthetic.longest_train"],
    ["data.synthetic.crops=1000000000", "crops or dim"],
    ["data.synthetic.dim=1000000000", "crops or dim"],
    ["data.segments=1000000000", "data.segments"],
    ["data.segments_test=1000000000", "data.segments_test"],
  ]
) {
  Deno.test(`${setting} is refused before a number is made`, async () => {
    try {
      await openDataset(settingsOf("mil", setting).data);
    } catch (error) {
      assert(isFault(error) && error.message.includes(message), String(error));
      return;
    }
    throw new Error("it was accepted");
  });
}

for (
  const [runner, setting] of [
    ["clip_tsa", "runner.encoder.samples=1000000000"],
    ["clip_tsa", "runner.encoder.dilations=[1000000000,2,4]"],
    ["rtfm", "runner.encoder.dilations=[1000000000,2,4]"],
    ["vadclip", "runner.encoder.heads=1000000000"],
    ["dsanet", "runner.encoder.heads=1000000000"],
    ["vadclip", "runner.branch.tower.layers=1000000000"],
    ["gs_moe", "trainer.accumulate=1000000000"],
  ]
) {
  Deno.test(`${runner} ${setting} is refused by its key when the configuration is read`, () => {
    const build = () => {
      const { runner: chosen, data } = settingsOf(runner, setting);
      checkChain(modelConfig(chosen, data, 512));
    };
    const start = threadSeconds();
    const error = assertThrows(build, Error, setting.split(/[=[]/)[0]);
    assert(isFault(error), String(error));
    assert(threadSeconds() - start < 1);
  });
}

Deno.test("poolSegments() refuses segments that no machine holds", () => {
  const video = { crops: 10, snippets: 2, dim: 4, values: new Float32Array(80), length: 2 };
  assertThrows(
    () => poolSegments(video, 1_000_000_000, "mean"),
    RangeError,
    "lower data.segments or data.segments_test",
  );
});

Deno.test("wsvad train with a layer of a thousand million units exits with 1 and leaves no folder", () =>
  withFolder(async (folder) => {
    const out = join(folder, "run");
    const { code, stderr } = await wsvad([
      ...["train", "--runner", "mil", "--device", "cpu", "--blas", "off", "--out", out],
      "runner.head.hidden=[1000000000,2]",
    ]);
    assertEquals(code, 1, stderr);
    assert(/^Cannot build mil: "fc1\.weight" .* fits$/m.test(stderr), stderr);
    assertEquals([...Deno.readDirSync(folder)], []);
  }));
