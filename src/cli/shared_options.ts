/** Options that several commands share, and the settings that they stand for. */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { DeviceOptions } from "../device/device.ts";

export interface DeviceFlags {
  device: DeviceOptions["device"];
  gpuMemory?: number;
  blas?: string;
  threads?: number;
}

export interface ConfigFlags {
  plugin?: string[];
  runner?: string;
  configDir?: string[];
}

/** --device, --gpu-memory, --blas, --threads. */
export function withDevice(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--device <name>",
        "where to compute; auto takes the GPU where there is a real one",
      )
        .choices(["auto", "webgpu", "cpu"]).default("auto"),
    )
    .option(
      "--gpu-memory <size>",
      "memory that the run may take on the GPU, such as 6GB (GB: 1024 MB)",
      parseMemory,
    )
    .option(
      "--blas <path>",
      "BLAS library for the cpu device, or off (default: search the system)",
    )
    .option(
      "--threads <n>",
      "threads of the cpu device; a BLAS has its own (default: $WSVAD_THREADS, else all cores)",
      parseCount,
    );
}

/** --runner, --config-dir and --plugin. */
export function withConfig(command: Command): Command {
  return withConfigDir(
    command.option("--runner <name>", "the method; the same as runner=<name>"),
  );
}

/** --runner of a checkpoint that does not say what it holds. */
export function withForeign(command: Command): Command {
  return command.option(
    "--runner <name>",
    "the method of a checkpoint that another program wrote, as for `wsvad import`",
  );
}

/** --config-dir and --plugin, where the method is already chosen. */
export function withConfigDir(command: Command): Command {
  return withPlugin(command).option(
    "--config-dir <dir>",
    "folder with settings files of your own, <dir>/<group>/<name>.yaml; can be repeated",
    (dir: string, dirs: string[] = []) => [...dirs, dir],
  );
}

/** --plugin. */
export function withPlugin(command: Command): Command {
  return command.option(
    "--plugin <file>",
    "file with slots of your own, in TypeScript; can be repeated",
    (file: string, files: string[] = []) => [...files, file],
  );
}

/** --json. */
export function withJson(command: Command): Command {
  return command.option("--json", "print the result, or the error, as JSON");
}

/** --quiet. */
export function withQuiet(command: Command): Command {
  return command.option("--quiet", "no progress on stderr; warnings and errors stay");
}

export function deviceOptions(
  { device, gpuMemory, blas, threads }: DeviceFlags,
): DeviceOptions {
  return { device, gpuMemory, blas, threads };
}

/** The overrides of a command line, with --runner as the first of them. */
export function allOverrides(settings: string[], { runner }: ConfigFlags): string[] {
  return runner === undefined ? settings : [`runner=${runner}`, ...settings];
}

/** Bytes of `6GB`, `512MB`; units of 1024, as makers of memory count. */
export function parseMemory(text: string): number {
  const match = text.match(/^(\d+(?:\.\d+)?)\s*(MB|MiB|GB|GiB)$/i);
  const bytes = match === null
    ? 0
    : Math.floor(Number(match[1]) * (match[2][0].toUpperCase() === "G" ? 2 ** 30 : 2 ** 20));
  if (bytes > 0) return bytes;
  throw new InvalidArgumentError("Expected a size such as 6GB or 512MB.");
}

/** A whole number from 1 on. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a whole number from 1 on.");
}

/** A number above 0. */
export function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a number above 0.");
}
