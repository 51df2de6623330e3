import { assertEquals, assertStringIncludes } from "@std/assert";
import { snippetBounds } from "../../src/frames/frame_bounds.ts";
import { secondsAt, type VideoScores } from "../../src/report/score_files.ts";
import { topSegments } from "../../src/report/top_segments.ts";
import { renderVideoPage } from "../../src/report/video_page.ts";

function scored(more: Partial<VideoScores> = {}): VideoScores {
  const scores = Float32Array.of(0.1, 0.9, 0.8, 0.2);
  const bounds = snippetBounds(4, 16, 60);
  const options = { count: 3, fps: 10, framesPerSnippet: 16, bounds };
  return {
    ...{ id: `</script><b>`, scores, bounds, frames: 60, fps: 10, threshold: 0.5 },
    ...{ segments: topSegments(scores, options), provenance: {} },
    ...more,
  };
}

const plain = {
  ...{ media: null, copied: false, sound: false, thumbnails: [null] },
  facts: [] as [string, string][],
};

/** The numbers of a page, as its script reads them. */
function dataOf(page: string) {
  const [, text] = /<script type="application\/json" id="data">(.*)<\/script>/.exec(page)!;
  return JSON.parse(text);
}

Deno.test("renderVideoPage() escapes names, links the video, and gives times in seconds", () => {
  const media = { address: "../a%20b.mp4", type: "video/mp4", source: `"x".mp4` };
  const page = renderVideoPage({ ...plain, video: scored(), media, facts: [] });
  assertStringIncludes(page, "&lt;/script&gt;&lt;b&gt;");
  assertEquals(page.split("</script>").length - 1, 2);
  assertStringIncludes(page, 'src="../a%20b.mp4"');
  const { duration, starts, ends, segments } = dataOf(page);
  assertEquals([duration, starts, ends], [6, [0, 1.6, 3.2, 4.8], [1.6, 3.2, 4.8, 6]]);
  assertEquals(segments, [{ start: 1.6, end: 4.8, peak: 1.6 }]);
});

Deno.test("renderVideoPage() lists alarms where a threshold was asked for, and says where none is", () => {
  const alarm = { threshold: 0.85, rule: "0.85", holdSeconds: 0, gapSeconds: 0 };
  const event = { start: 16, end: 32, peak: 0.9, peakFrame: 16, className: "Abuse" };
  const render = (events: (typeof event)[]) => {
    const video = scored({ alarm, events, threshold: 0.85 });
    return renderVideoPage({ ...plain, video });
  };
  const page = render([event]);
  assertStringIncludes(page, "Alarms");
  assertStringIncludes(page, ", Abuse");
  assertEquals(dataOf(page).segments, [{ start: 1.6, end: 3.2, peak: 1.6 }]);
  assertStringIncludes(render([]), "No alarm");
});

Deno.test("renderVideoPage() says what it shows: a copy, sound, one frame, or the curve alone", () => {
  const of = (type: string, more: Partial<Parameters<typeof renderVideoPage>[0]>) =>
    renderVideoPage({
      ...{ ...plain, video: scored(), media: { address: "x", type, source: "x.avi" } },
      ...more,
    });
  const copy = "this is a copy, of 480 rows at most and without sound";
  assertStringIncludes(of("video/mp4", { copied: true }), copy);
  assertEquals(of("video/mp4", {}).includes("this is a copy"), false);
  const sound = of("audio/wav", { sound: true });
  assertStringIncludes(sound, '<audio src="x"');
  assertEquals(/\d+ frames|<span class="no-picture"/.test(sound), false);
  const one = scored({ scores: Float32Array.of(0.1), bounds: snippetBounds(1, 16, 1), frames: 1 });
  assertStringIncludes(of("video/mp4", { video: one }), "1 frame, ");
  assertStringIncludes(renderVideoPage({ ...plain, video: scored() }), "no copy of it could be");
});

Deno.test("secondsAt() follows the times of frames, and goes on behind the last", () => {
  const times = Float64Array.of(0, 0.1, 5);
  assertEquals([0, 1, 2, 3].map((frame) => secondsAt({ fps: 10, times }, frame)), [0, 0.1, 5, 5.1]);
  assertEquals(secondsAt({ fps: 10 }, 25), 2.5);
});
