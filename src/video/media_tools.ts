/** ffmpeg and ffprobe, the programs that know containers and codecs; they are found on PATH. */

import { fault } from "../fault.ts";

export type MediaTool = "ffmpeg" | "ffprobe";

/** Bytes of a program's complaints that are kept: its last ones. */
const KEPT_COMPLAINTS = 8192;

/** How a program ended: whether it succeeded, what it wrote to stderr, what signal ended it. */
export interface ToolEnd {
  ok: boolean;
  complaints: string;
  signal: string | null;
}

/** A program that runs. */
export interface RunningTool {
  stdout: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Only with `input`. */
  stdin: WritableStream<Uint8Array<ArrayBuffer>> | null;
  /** Settles when the program has ended. */
  ended: Promise<ToolEnd>;
  /** Whether it has written anything to stderr by now. */
  complained(): boolean;
  /** Ends the program if it still runs. */
  stop(): void;
}

/**
 * Starts a program.
 *
 * @param attempted the beginning of messages, such as `Cannot decode "a.mp4"`
 * @throws {Error} a fault: it is not on PATH, or may not be run
 */
export function startTool(
  tool: MediaTool,
  args: string[],
  attempted: string,
  input = false,
): RunningTool {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(tool, {
      args,
      stdin: input ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    throw startFault(error, tool, attempted);
  }
  let running = true, complained = false;
  const complaints = lastText(child.stderr, () => complained = true);
  const ended = child.status.then(async ({ success, signal }) => {
    running = false;
    return { ok: success, complaints: await complaints, signal };
  });
  return {
    stdout: child.stdout,
    stdin: input ? child.stdin : null,
    ended,
    complained: () => complained,
    stop() {
      if (!running) return;
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended in this moment.
      }
    },
  };
}

function startFault(error: unknown, tool: MediaTool, attempted: string): unknown {
  if (error instanceof Deno.errors.NotFound) {
    return fault(
      Error,
      `${attempted}: ${tool} was not found on PATH; install it (Debian and Ubuntu: apt-get install ffmpeg, macOS: brew install ffmpeg, Windows: winget install ffmpeg), which brings ffprobe too`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.NotCapable) {
    return fault(
      Error,
      `${attempted}: running ${tool} is not permitted; run with --allow-run=ffmpeg,ffprobe, or with -A`,
      { cause: error },
    );
  }
  return error;
}

/** The end of a stream as text; `onText` is told that there is any. */
async function lastText(stream: ReadableStream<Uint8Array>, onText: () => void): Promise<string> {
  let kept = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    onText();
    kept = (kept + decoder.decode(bytes, { stream: true })).slice(-KEPT_COMPLAINTS);
  }
  return kept.trim();
}

/**
 * Runs a program to its end and gives what it printed.
 *
 * @throws {Error} a fault, as {@link startTool}
 */
export async function toolOutput(
  tool: MediaTool,
  args: string[],
  attempted: string,
): Promise<{ ok: boolean; text: string; complaints: string }> {
  const running = startTool(tool, args, attempted);
  const text = await new Response(running.stdout).text();
  return { text, ...await running.ended };
}

const versions = new Map<MediaTool, string>();

/**
 * "ffmpeg 5.1.6-0+deb12u1"; asked once.
 *
 * @throws {Error} a fault, as {@link startTool}
 */
export async function toolVersion(tool: MediaTool, attempted: string): Promise<string> {
  const known = versions.get(tool);
  if (known !== undefined) return known;
  const { text } = await toolOutput(tool, ["-version"], attempted);
  const [, version = "of unknown version"] = /version (\S+)/.exec(text) ?? [];
  versions.set(tool, `${tool} ${version}`);
  return `${tool} ${version}`;
}

/** The path for ffmpeg: no name is taken for an option, a protocol or a pattern. */
export function fileUrl(path: string): string {
  return `file:${path}`;
}
