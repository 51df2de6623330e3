/**
 * Do the features of both splits come from one extractor, and had it seen the test videos? Sets of
 * one name are in circulation with a mean snippet norm of 22 and of 2.5; heads that use the
 * magnitude fall to chance when they meet in one run.
 */

import { createHash } from "node:crypto";
import { fault } from "../fault.ts";
import { type DataSetName, dataSets } from "../sets/index.ts";
import { tunedOn } from "../sets/tuned_names.ts";
import { type Expected, type Sample, sampleFeatures } from "./feature_file.ts";
import type { VideoFiles } from "./feature_folder.ts";
import { someOf } from "./feature_list.ts";
import { recognise } from "./known_features.ts";
import { contradictions, LARGEST_RATIO, type StatedProvenance } from "./stated_provenance.ts";
import type { SplitProvenance } from "./video.ts";

/** Files looked at in each split, evenly spaced. */
const sampledFiles = 24;
/** Folders above a file that are called after its features: `cosmos-embed/test`, a class below. */
const namedFolders = 3;

/**
 * Looks at a few rows of a few files of a split.
 *
 * @throws {RangeError} a fault: they are not the files that the manifest was made of
 */
export async function provenanceOf(
  videos: readonly VideoFiles[],
  expected: Expected & { dim: number },
  stated: StatedProvenance | null,
): Promise<SplitProvenance> {
  const count = Math.min(sampledFiles, videos.length);
  const looked = Array.from({ length: count }, (_, i) => {
    return videos[Math.floor(i * videos.length / count)];
  });
  const samples = await Promise.all(looked.map(({ files }) => {
    const layout = files.length > 1 ? "per_crop" : expected.layout;
    return sampleFeatures(files[0], { ...expected, layout });
  }));
  const others = looked.filter(({ sample_sha256: wanted }, i) => {
    return wanted !== undefined && wanted !== hashOf([samples[i]]);
  });
  if (others.length > 0) {
    throw fault(
      RangeError,
      `Cannot use the features of the manifest: ${others.length} of ${count} files that were looked at are not those that it was made of: ${
        someOf(others.map(({ files }) => files[0]))
      }; take those back, or write the manifest again with wsvad data manifest`,
    );
  }
  const norm = samples.reduce((sum, sample) => sum + sample.norm, 0) / count;
  return {
    stated,
    lineage: recognise({ dim: expected.dim, norm }).set?.name ?? null,
    dim: expected.dim,
    norm,
    sample_sha256: hashOf(samples),
  };
}

/** Of shapes and rows: the same files give the same. */
export function hashOf(samples: readonly Sample[]): string {
  const hash = createHash("sha256");
  for (const { shape, rows } of samples) {
    hash.update(shape.join(","));
    hash.update(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  }
  return hash.digest("hex");
}

/** What to tell the user of two splits with these mean norms, or null. */
function normWarning(train: number, test: number): string | null {
  const [low, high] = train < test ? [train, test] : [test, train];
  if (!(high > LARGEST_RATIO * low)) return null; // NaN in a file is told where it is read
  const [a, b] = [train, test].map((norm) => norm.toPrecision(3));
  return `train and test features do not seem to come from one extractor: the mean L2 norm of a snippet is ${a} in train and ${b} in test; methods that use the magnitude fall to chance on such a mixture; check data.train and data.test`;
}

/**
 * What is wrong with training on features of one provenance and testing on another's: a sentence,
 * or null.
 *
 * @throws {RangeError} a fault: both are known and differ, unless that was asked for
 */
export function mixtureOf(
  train: SplitProvenance,
  test: SplitProvenance,
  mixedAsked: boolean,
): string | null {
  const differences = contradictions(train.stated ?? {}, test.stated ?? {});
  if (train.lineage !== null && test.lineage !== null && train.lineage !== test.lineage) {
    const [a, b] = [train, test].map(({ lineage, norm }) =>
      `"${lineage}" (norm ${norm.toPrecision(3)})`
    );
    differences.push(`they look like ${a} and ${b}`);
  }
  if (differences.length === 0) return normWarning(train.norm, test.norm);
  const what = `train and test features are not of one extraction: ${differences.join(", ")}`;
  if (mixedAsked) return what;
  throw fault(
    RangeError,
    `Cannot train and test on features of two kinds: ${what}; take both of one extraction, or set data.mixed_features=true`,
  );
}

/**
 * Refuses features of an extractor that has seen the videos they are tested on.
 *
 * @param path of the test features, whose folder may be called after such an extractor
 * @throws {RangeError} a fault: the set, or a name, says so
 */
export function requireUnseen(
  stated: StatedProvenance | null,
  path: string,
  classes: DataSetName,
): void {
  const said = stated?.tuned_on === undefined ? [] : [stated.tuned_on].flat();
  const { title } = dataSets[classes];
  const isThis = (name: string) => [classes, title].some((own) => plain(own) === plain(name));
  const seen = said.find((name) => isThis(name.replace(/\/(test|all)$/, "")));
  const names = [stated?.extractor, stated?.lineage, ...path.split(/[\\/]/).slice(-namedFolders)];
  const telling = names.find((name) => name !== undefined && tunedOn(name) !== null);
  if (seen === undefined && telling === undefined) return;
  throw fault(
    RangeError,
    `Cannot test on the features "${path}": ${
      seen !== undefined
        ? `their provenance says that the extractor was tuned on "${seen}"`
        : `the name "${telling}" says that the extractor was tuned on ${tunedOn(telling!)}`
    }, so it has seen the test videos; take features of an extractor that saw none of them`,
  );
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}
