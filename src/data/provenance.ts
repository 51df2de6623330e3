/**
 * Do the features of both splits come from one extractor? Sets of one name are in circulation with
 * a mean snippet norm of 22 and of 2.5; heads that use the magnitude fall to chance when they meet
 * in one run.
 */

import { type Expected, sampleMeanNorm } from "./feature_file.ts";
import type { VideoFiles } from "./feature_folder.ts";

/** Mean norms further apart than this are taken for different extractors. */
const largestRatio = 2;
/** Files looked at in each split, evenly spaced. */
const sampledFiles = 24;

/** Mean L2 norm of snippets of the split, from a few rows of a few files. */
export async function meanSnippetNorm(
  videos: readonly VideoFiles[],
  expected: Expected,
): Promise<number> {
  const count = Math.min(sampledFiles, videos.length);
  const norms = await Promise.all(Array.from({ length: count }, (_, i) => {
    const { files } = videos[Math.floor(i * videos.length / count)];
    const layout = files.length > 1 ? "per_crop" : expected.layout;
    return sampleMeanNorm(files[0], { ...expected, layout });
  }));
  return norms.reduce((sum, norm) => sum + norm, 0) / count;
}

/** What to tell the user of two splits with these mean norms, or null. */
export function normWarning(train: number, test: number): string | null {
  const [low, high] = train < test ? [train, test] : [test, train];
  if (!(high > largestRatio * low)) return null; // NaN in a file is told where it is read
  const [a, b] = [train, test].map((norm) => norm.toPrecision(3));
  return `train and test features do not seem to come from one extractor: the mean L2 norm of a snippet is ${a} in train and ${b} in test; methods that use the magnitude fall to chance on such a mixture; check data.train and data.test`;
}
