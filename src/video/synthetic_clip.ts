/**
 * A clip as of a fixed camera, made up: people-sized shapes cross a yard at a walk, and in an
 * anomalous clip two of them run at each other and back for a while. The same seed draws the same
 * pictures; their bytes as a file depend on the version of ffmpeg.
 */

import { fault } from "../fault.ts";
import { Random } from "../random.ts";
import { fileUrl, startTool } from "./media_tools.ts";

export interface SyntheticClip {
  seed: number;
  frames: number;
  /** Frames of the event, end exclusive; null in a normal clip. */
  event: [start: number, end: number] | null;
}

const CLIP_WIDTH = 192, CLIP_HEIGHT = 144, CLIP_FPS = 12;

interface Walker {
  x: number;
  y: number;
  /** Pixels a frame. */
  speed: number;
  width: number;
  height: number;
  colour: [number, number, number];
}

/** RGB bytes of every frame, [height, width, 3] each, in order. */
function* clipFrames({ seed, frames, event }: SyntheticClip): Generator<Uint8Array> {
  const random = new Random(seed, "synthetic clip");
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const walkers: Walker[] = Array.from({ length: 4 }, () => ({
    x: between(0, CLIP_WIDTH),
    y: between(50, 105),
    speed: between(0.5, 1.4) * (random.uniform() < 0.5 ? -1 : 1),
    width: between(8, 13),
    height: between(20, 30),
    colour: [between(30, 120), between(30, 120), between(30, 120)],
  }));
  const yard = background();
  for (let t = 0; t < frames; t++) {
    const frame = yard.slice();
    const fighting = event !== null && t >= event[0] && t < event[1];
    walkers.forEach((walker, i) => {
      walker.x = (walker.x + walker.speed + CLIP_WIDTH) % CLIP_WIDTH;
      if (!fighting || i > 1) return paint(frame, walker, walker.x, walker.y);
      // Towards each other and apart, several times a second, around the middle of the yard.
      const swing = 26 * Math.sin(t * 1.9 + i * Math.PI) + between(-6, 6);
      paint(frame, walker, CLIP_WIDTH / 2 + swing, 70 + between(-6, 6));
    });
    grain(frame, random);
    yield frame;
  }
}

/** A lit yard below a darker wall. */
function background(): Uint8Array {
  const bytes = new Uint8Array(CLIP_WIDTH * CLIP_HEIGHT * 3);
  for (let y = 0; y < CLIP_HEIGHT; y++) {
    for (let x = 0; x < CLIP_WIDTH; x++) {
      const wall = y < 45;
      const light = wall ? 96 + 10 * Math.sin(x / 9) : 150 + 30 * Math.sin(x / 60) - y / 6;
      const at = (y * CLIP_WIDTH + x) * 3;
      bytes.set([light, light, light * (wall ? 0.9 : 0.95)], at);
    }
  }
  return bytes;
}

function paint(frame: Uint8Array, { width, height, colour }: Walker, x: number, y: number): void {
  for (let row = Math.round(y); row < y + height && row < CLIP_HEIGHT; row++) {
    for (let column = Math.round(x); column < x + width; column++) {
      if (row < 0) continue;
      const wrapped = (column + CLIP_WIDTH) % CLIP_WIDTH;
      frame.set(colour, (row * CLIP_WIDTH + wrapped) * 3);
    }
  }
}

/** The noise of a sensor: a few units, on every 16th byte. */
function grain(frame: Uint8Array, random: Random): void {
  for (let i = Math.floor(16 * random.uniform()); i < frame.length; i += 16) {
    frame[i] = Math.min(255, Math.max(0, frame[i] + 12 * random.uniform() - 6));
  }
}

/**
 * Writes the clip as a video of H.264, or where ffmpeg cannot, of MPEG-4.
 *
 * @param stem path without its ending
 * @returns the path
 * @throws {Error} a fault: ffmpeg is missing or fails
 */
export async function renderClip(clip: SyntheticClip, stem: string): Promise<string> {
  const path = `${stem}.mp4`;
  const attempted = `Cannot render "${path}"`;
  let said = "";
  for (const codec of [["libx264", "-crf", "20"], ["mpeg4", "-q:v", "4"]]) {
    const tool = startTool(
      "ffmpeg",
      [
        ...["-nostdin", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"],
        ...["-s", `${CLIP_WIDTH}x${CLIP_HEIGHT}`, "-r", String(CLIP_FPS), "-i", "pipe:0"],
        ...["-c:v", ...codec, "-pix_fmt", "yuv420p", "-movflags", "+faststart", fileUrl(path)],
      ],
      attempted,
      true,
    );
    const frames = ReadableStream.from(clipFrames(clip)) as ReadableStream<Uint8Array<ArrayBuffer>>;
    await frames.pipeTo(tool.stdin!).catch(() => {}); // what ffmpeg says of it comes below
    await tool.stdout.cancel();
    const { ok, complaints } = await tool.ended;
    if (ok) return path;
    said ||= complaints.split("\n")[0];
  }
  throw fault(Error, `${attempted}: ${said}`);
}
