import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeFrames, everyFrame, type RgbFrame } from "../../src/video/decode_frames.ts";
import { frameTimes } from "../../src/video/packet_times.ts";
import { openVideo } from "../../src/video/video_source.ts";
import { ffmpegIn, hasFfmpeg, testClip } from "../support/ffmpeg.ts";
import { withFolder } from "../support/temporary_folder.ts";

async function framesOf(path: string, jpeg = false) {
  const damage: string[] = [];
  const source = await openVideo(path);
  const options = { jpeg, onDamage: (text: string) => damage.push(text) };
  const frames: RgbFrame[] = [];
  // Their memory is used again.
  for await (const frame of decodeFrames(source, options)) {
    frames.push({ ...frame, data: frame.data.slice() });
  }
  return { source, frames, damage };
}

Deno.test({
  name: "decodeFrames() gives every frame once, of odd sizes too, as pictures of it do",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      // Names that ffmpeg would take for an option, a protocol or a pattern.
      for (const name of ["-odd.mkv", "a:b %03d.mkv"]) {
        const path = testClip(folder, name, { width: 31, height: 23, frames: 20 });
        const { source, frames, damage } = await framesOf(path);
        assertEquals([frames.length, frames[0].width, frames[0].height], [20, 31, 23], name);
        assertEquals([source.fps, damage], [10, []]);
        const pictures = join(folder, `pictures of ${name.replace(":", "")}`);
        await Deno.mkdir(pictures);
        // Frame 10 comes behind frame 9, although "10.png" stands before "9.png" in the alphabet.
        ffmpegIn(pictures, "-i", `file:${path}`, "-start_number", "1", "%d.png");
        const again = await framesOf(pictures);
        assertEquals(again.source.expectedFrames, 20);
        assertEquals(again.frames, frames);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "decodeFrames() tells of a picture that cannot be read, and of an empty one",
  ignore: !hasFfmpeg || Deno.build.os === "windows",
  fn: () =>
    withFolder(async (folder) => {
      const pictures = join(folder, "pictures");
      await Deno.mkdir(pictures);
      const path = testClip(folder, "clip.mkv", { width: 32, height: 24, frames: 5 });
      ffmpegIn(pictures, "-i", `file:${path}`, "%d.png");
      const third = join(pictures, "3.png");
      await Deno.truncate(third);
      const { frames, damage } = await framesOf(pictures);
      assertEquals([frames.length, damage], [
        4,
        ['"' + pictures + '" is damaged, 4 frames could be decoded'],
      ]);
      await Deno.remove(third);
      await Deno.symlink(join(folder, "gone.png"), third);
      await assertRejects(() => framesOf(pictures), Error, "which does not exist; mend or remove");
    }),
});

Deno.test({
  name: "decodeFrames() turns frames as the file says, and keeps a variable rate's frames",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      testClip(folder, "flat.mkv", { width: 32, height: 16, frames: 4 });
      ffmpegIn(folder, "-i", "flat.mkv", "-c:v", "mpeg4", "-q:v", "2", "flat.mp4");
      ffmpegIn(folder, "-i", "flat.mp4", "-c", "copy", "-metadata:s:v", "rotate=90", "turned.mp4");
      const { frames: [turned] } = await framesOf(join(folder, "turned.mp4"));
      assertEquals([turned.width, turned.height], [16, 32]);
      const { frames: [flat] } = await framesOf(join(folder, "flat.mp4"));
      assertEquals(turned.data.subarray(0, 3), flat.data.subarray(31 * 3, 32 * 3));

      // Frames at 0, 0.1, 0.2, 0.3 and then 1 s apart.
      testClip(folder, "steady.mkv", { frames: 8, fps: "10" });
      const stretch = "setpts='if(lt(N,4),N,4+(N-4)*10)/10/TB'";
      const every = ["-vsync", "passthrough", "-c:v", "ffv1"];
      ffmpegIn(folder, "-i", "steady.mkv", "-vf", stretch, ...every, "variable.mkv");
      const { frames, source } = await framesOf(join(folder, "variable.mkv"));
      assertEquals(frames, (await framesOf(join(folder, "steady.mkv"))).frames);
      const times = [...await frameTimes(source)].map((time) => Number(time.toFixed(2)));
      assertEquals(times, [0, 0.1, 0.2, 0.3, 0.4, 1.4, 2.4, 3.4]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "openVideo() and decodeFrames() say what is wrong with a file, or give what is left of it",
  ignore: !hasFfmpeg,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const at = (name: string) => join(folder, name);
      const refused = (name: string, text: string) =>
        assertRejects(() => framesOf(at(name)), Error, text);
      ffmpegIn(folder, "-f", "lavfi", "-i", "sine=duration=0.2", "sound.wav");
      await refused("sound.wav", "no video stream, only audio (pcm_s16le)");
      Deno.writeTextFileSync(at("text.mp4"), "no video");
      await refused("text.mp4", "no video that ffmpeg can read (ffprobe: ");
      await refused("missing.mp4", "no such file");
      Deno.mkdirSync(at("empty"));
      await refused("empty", "the folder holds no frames");
      Deno.mkdirSync(at("mixed"));
      for (const name of ["1.png", "2.jpg"]) Deno.writeTextFileSync(join(at("mixed"), name), "");
      await refused("mixed", "several kinds (");

      const whole = Deno.readFileSync(testClip(folder, "whole.mkv", { frames: 20 }));
      Deno.writeFileSync(at("broken.mkv"), whole.subarray(0, Math.floor(whole.length * 0.6)));
      const { frames, damage } = await framesOf(at("broken.mkv"));
      assert(frames.length > 4 && frames.length < 20, String(frames.length));
      assertEquals(damage.length, 1);
      assertStringIncludes(damage[0], `is damaged, ${frames.length} frames could be decoded`);

      ffmpegIn(folder, "-f", "lavfi", "-i", "testsrc=size=16x16", "-frames:v", "1", "1.png");
      ffmpegIn(folder, "-f", "lavfi", "-i", "testsrc=size=32x16", "-frames:v", "1", "2.png");
      const scaled = await framesOf(folder);
      assertEquals(scaled.frames.map(({ width }) => width), [16, 16]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "decodeFrames() ends ffmpeg when its reader stops, and makes JPEGs between when asked",
  ignore: !hasFfmpeg,
  // A program that runs on, and its pipe, fail it.
  sanitizeOps: true,
  sanitizeResources: true,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      // 60 frames of 900 kB: far more than a pipe holds.
      const long = testClip(folder, "long.mkv", { width: 640, height: 480, frames: 60 });
      for await (const { width } of decodeFrames(await openVideo(long))) {
        assertEquals(width, 640);
        break;
      }
      const path = testClip(folder, "short.mkv", { width: 64, height: 48, frames: 5 });
      const plain = await framesOf(path), jpeg = await framesOf(path, true);
      assertEquals(jpeg.frames.length, 5);
      const apart = plain.frames[0].data.map((x, i) => Math.abs(x - jpeg.frames[0].data[i]));
      const mean = apart.reduce((sum, x) => sum + x, 0) / apart.length;
      assert(mean > 0.5 && mean < 20, String(mean));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "decodeFrames() scales frames to the first where the size changes within a video",
  ignore: !hasFfmpeg,
  fn: () =>
    withFolder(async (folder) => {
      const parts = [["red", "32x24"], ["lime", "16x12"], ["blue", "48x64"]];
      const bytes = parts.map(([colour, size]) => {
        const name = `${colour}.ts`;
        ffmpegIn(folder, "-f", "lavfi", "-i", `color=${colour}:s=${size}:r=10:d=0.4`, name);
        return Deno.readFileSync(join(folder, name));
      });
      Deno.writeFileSync(join(folder, "all.ts"), Uint8Array.from(bytes.flatMap((b) => [...b])));
      const { frames } = await framesOf(join(folder, "all.ts"));
      const colours = frames.map(({ width, height, data }) => {
        assertEquals([width, height], [32, 24]);
        const colour = data.indexOf(Math.max(...data.subarray(0, 3)));
        assert(data.every((value, i) => Math.abs(value - (i % 3 === colour ? 255 : 0)) < 16));
        return colour;
      });
      assertEquals(colours, colours.toSorted());
      assertEquals([...new Set(colours)], [0, 1, 2]);
    }),
});

Deno.test("everyFrame() names the option as the version has it", () => {
  assertEquals(everyFrame("ffmpeg 4.4.2-0ubuntu0.22.04.1")[0], "-vsync");
  assertEquals(everyFrame("ffmpeg 5.0.1")[0], "-vsync");
  assertEquals(everyFrame("ffmpeg 5.1.6-0+deb12u1")[0], "-fps_mode");
  assertEquals(everyFrame("ffmpeg n7.1")[0], "-fps_mode");
  assertEquals(everyFrame("ffmpeg N-115000-g1b2c3d4")[0], "-fps_mode");
});

Deno.test("without ffmpeg, and without the permission to run it, the advice says what to do", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const script = join(folder, "open.ts");
    const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const module = new URL("../../src/video/video_source.ts", import.meta.url).href;
    Deno.writeTextFileSync(
      script,
      `import { openVideo } from ${JSON.stringify(module)};
       await openVideo(Deno.args[0]).catch((error) => console.log(error.message));`,
    );
    const said = async (permissions: string[], PATH: string) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--config",
          config,
          "--no-check",
          "--no-prompt",
          "--allow-read",
          ...permissions,
          script,
          script,
        ],
        env: { PATH },
      }).output();
      return new TextDecoder().decode(stdout);
    };
    const [missing, forbidden] = await Promise.all([
      said(["--allow-run"], folder),
      said([], Deno.env.get("PATH")!),
    ]);
    assertStringIncludes(missing, "ffprobe was not found on PATH; install it");
    assertStringIncludes(forbidden, "run with --allow-run=ffmpeg,ffprobe");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "decodeFrames() ends the first ffmpeg where the second one does not start",
  ignore: !hasFfmpeg,
  // A program that runs on, and its pipe, fail it.
  sanitizeOps: true,
  sanitizeResources: true,
  fn: () =>
    withFolder(async (folder) => {
      // More than a pipe holds: the first one would wait for its reader without end.
      const source = await openVideo(
        testClip(folder, "clip.mkv", { width: 640, height: 480, frames: 20 }),
      );
      const { Command } = Deno;
      Deno.Command = class extends Command {
        constructor(name: string, options: Deno.CommandOptions = {}) {
          super(options.args?.includes("ppm") ? "no_such_program" : name, options);
        }
      };
      try {
        const frames = decodeFrames(source, { jpeg: true });
        await assertRejects(() => frames.next(), Error, "ffmpeg was not found on PATH");
      } finally {
        Deno.Command = Command;
      }
    }),
});
