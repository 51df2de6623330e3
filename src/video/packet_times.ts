/**
 * What a file tells of its frames without decoding them: when each is shown, and from which of them
 * decoding may begin. It comes from the packets as ffprobe lists them, some at a time.
 */

import { firstLine } from "./complaints.ts";
import { fileUrl, startTool } from "./media_tools.ts";
import type { VideoSource } from "./video_source.ts";

export interface PacketTimes {
  /** Packets of the stream: as many frames, where each makes one. */
  packets: number;
  /** Seconds at which frames are shown, by the file's own clock, ascending. */
  times: Float64Array;
  /** Places in `times` of frames that are decoded without those before them, ascending. */
  keys: Int32Array;
  /** Why frames cannot be sought by their times; null where they can. */
  doubt: string | null;
}

/** Containers that hold the time of each frame and an index by which it is found. */
const CONTAINERS = ["mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi"];

/** Codecs whose key frames begin anew: what follows one in time needs nothing before it. */
const CODECS = [
  ...["h264", "hevc", "mpeg4", "mpeg1video", "mpeg2video", "vp8", "vp9", "av1"],
  ...["mjpeg", "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "png", "prores", "dnxhd"],
];

/** Seconds that two frames are apart, at the least: times are sought by the millisecond. */
const LEAST_APART = 0.002;

/**
 * Lists the packets of a file's stream.
 *
 * @throws {Error} a fault: ffprobe cannot be run
 */
export async function packetTimes(source: VideoSource): Promise<PacketTimes> {
  const { path, name, stream, format } = source;
  const tool = startTool("ffprobe", [
    ...["-v", "error", "-select_streams", String(stream)],
    ...["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", fileUrl(path)],
  ], `Cannot read the times of the frames of "${name}"`);
  const times = new GrowingTimes(), keys = new GrowingTimes();
  let packets = 0, latest = -Infinity, odd: string | null = null;
  const text = tool.stdout.pipeThrough(new TextDecoderStream());
  for await (const line of linesOf(text)) {
    const [first, flags = ""] = line.split(",");
    if (line === "") continue;
    packets++;
    const time = parseFloat(first);
    if (!Number.isFinite(time)) {
      odd ??= "some of its frames have no time";
      continue;
    }
    if (/[DC]/.test(flags)) odd ??= "some of its packets are not shown";
    // A frame before a key frame that is shown behind it would be missing from there on.
    if (flags.includes("K") && time > latest) keys.add(time);
    times.add(time);
    latest = Math.max(latest, time);
  }
  const { ok, complaints } = await tool.ended;
  const sorted = times.values().sort();
  const [codec, container = ""] = format.split(" in ");
  let doubt = odd;
  if (!ok || complaints !== "") doubt = `ffprobe says: ${firstLine(complaints, path)}`;
  else if (!CONTAINERS.includes(container)) doubt = `${container} has no index of its frames`;
  else if (!CODECS.includes(codec)) doubt = `frames of ${codec} may need any before them`;
  else if (tooClose(sorted)) doubt = "some of its frames have the same time";
  return { packets, times: sorted, keys: placesOf(sorted, keys.values()), doubt };
}

/**
 * When each frame is shown, in seconds from the first, in the order of showing, as the file's
 * packets say: nothing is decoded.
 *
 * @throws {Error} a fault: ffprobe cannot be run
 */
export async function frameTimes(source: VideoSource): Promise<Float64Array> {
  const { times } = await packetTimes(source);
  const [first] = times;
  for (let i = 0; i < times.length; i++) times[i] -= first;
  return times;
}

/** The second from which on ffmpeg shows frame n first: between it and the one before. */
export function secondsBefore({ times }: Pick<PacketTimes, "times">, n: number): number {
  return (times[n - 1] + times[n]) / 2;
}

function tooClose(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) {
    if (times[i] - times[i - 1] < LEAST_APART) return true;
  }
  return false;
}

/** Places of ascending times among all of them, ascending too. */
function placesOf(times: Float64Array, some: Float64Array): Int32Array {
  let at = 0;
  return Int32Array.from(some, (time) => {
    while (times[at] < time) at++;
    return at;
  });
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

/** Numbers one behind the other, 8 bytes each. */
class GrowingTimes {
  #values = new Float64Array(1024);
  #count = 0;

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const more = new Float64Array(2 * this.#count);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#count++] = value;
  }

  values(): Float64Array<ArrayBuffer> {
    return this.#values.slice(0, this.#count);
  }
}
