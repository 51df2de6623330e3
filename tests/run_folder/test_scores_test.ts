import { assertEquals, assertRejects } from "@std/assert";
import { readTestScores, testScoresText } from "../../src/run_folder/test_scores.ts";
import { fakeVideos } from "../report/fake_run.ts";

async function inFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, text);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("readTestScores() gives back videos, ground truth and scores to the last bit", async () => {
  const videos = fakeVideos(8);
  videos[0].videoFrames = 7;
  videos[1].scores.set([1 / 3, 1e-30, -0.1, 16777216]);
  assertEquals(await inFile(testScoresText(videos, 7), readTestScores), { step: 7, videos });
  assertEquals(await inFile(`{"videos": []}`, readTestScores), { step: null, videos: [] });
});

Deno.test("readTestScores() refuses what is no such file, and says why", async () => {
  for (const text of ["{", "[]", `{"videos": [{"id": 3}]}`]) {
    const error = await assertRejects(() => inFile(text, readTestScores), SyntaxError);
    assertEquals(/^Cannot read the test scores .*train the run again$/.test(error.message), true);
  }
});
