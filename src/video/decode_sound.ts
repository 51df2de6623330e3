/** The sound of a video or a sound file as VGGish hears it, through a pipe from ffmpeg. */

import { fault } from "../fault.ts";
import { firstLine, requireNotKilled } from "./complaints.ts";
import { SAMPLE_RATE } from "./log_mel.ts";
import { fileUrl, startTool } from "./media_tools.ts";
import type { VideoSource } from "./video_source.ts";

/**
 * Samples of 16 kHz mono, 16-bit whole numbers, some at a time; channels are averaged, and another
 * rate is converted by ffmpeg.
 *
 * @param onDamage told at the end of a file that is damaged
 * @throws {Error} a fault: ffmpeg is missing, or nothing can be decoded
 */
export async function* decodeSound(
  { path, name, stream }: VideoSource,
  onDamage: (text: string) => void = () => {},
): AsyncGenerator<Int16Array, void> {
  const attempted = `Cannot decode the sound of "${name}"`;
  const tool = startTool("ffmpeg", [
    ...["-nostdin", "-v", "error", "-i", fileUrl(path), "-map", `0:${stream}`],
    ...["-ac", "1", "-ar", String(SAMPLE_RATE), "-f", "s16le", "-c:a", "pcm_s16le", "pipe:1"],
  ], attempted);
  let count = 0;
  try {
    let odd = new Uint8Array(0); // half a sample that a piece ended with
    for await (const piece of tool.stdout) {
      const bytes = new Uint8Array(odd.length + piece.length);
      bytes.set(odd);
      bytes.set(piece, odd.length);
      const whole = Math.floor(bytes.length / 2);
      odd = bytes.slice(2 * whole);
      const view = new DataView(bytes.buffer);
      yield Int16Array.from({ length: whole }, (_, i) => view.getInt16(2 * i, true));
      count += whole;
    }
    const { ok, complaints, signal } = await tool.ended;
    requireNotKilled(signal, `${attempted}: ffmpeg`, `${count} samples`);
    const said = complaints === "" ? "" : `: ${firstLine(complaints, path)}`;
    if (count === 0) {
      throw fault(
        Error,
        `${attempted}: ffmpeg found no sample in it${said}; copy it again, or convert it`,
      );
    }
    if (!ok || complaints !== "") {
      const seconds = (count / SAMPLE_RATE).toFixed(1);
      onDamage(`"${name}" is damaged, ${seconds} s of its sound could be decoded${said}`);
    }
  } finally {
    tool.stop();
    await tool.ended;
  }
}
