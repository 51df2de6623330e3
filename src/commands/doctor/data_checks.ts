/** Doctor's checks of the configured data: every path, and every file that the splits name. */

import type { ResolvedConfig } from "../../config/schema/index.ts";
import { dataPaths } from "../../data/data_paths.ts";
import { openDataset } from "../../data/open_dataset.ts";
import { isFault } from "../../fault.ts";
import type { DoctorCheck } from "./doctor_check.ts";

/** Paths that belong to the test videos. */
const OF_TEST = ["data.annotations", "data.ground_truth", "data.ground_truth_list"];

/** Found or missing by exact name; then the headers of all files against what the method needs. */
export async function dataChecks(
  { data, runner, eval: evaluation }: Pick<ResolvedConfig, "data" | "runner" | "eval">,
): Promise<DoctorCheck[]> {
  // Without test videos nobody reads their ground truth.
  const asked = dataPaths(data).filter(({ key }) => data.test !== null || !OF_TEST.includes(key));
  const checks: DoctorCheck[] = asked.map(({ key, path, found }) => ({
    name: key,
    status: found ? "ok" : "failed",
    found: found ? path : `missing: ${path}`,
    advice: found ? undefined : `Set data.root or ${key}`,
  }));
  if (checks.some(({ status }) => status === "failed")) return checks;
  return [...checks, ...await videoChecks({ data, runner, eval: evaluation })];
}

async function videoChecks(
  { data, runner, eval: evaluation }: Pick<ResolvedConfig, "data" | "runner" | "eval">,
): Promise<DoctorCheck[]> {
  try {
    const dataset = await openDataset(data, { features: runner.features, evaluation });
    const { name, train, trainVideos, test, dim, crops, warnings } = dataset;
    const samples = train.length === trainVideos ? "" : ` (${train.length} crops)`;
    return [
      {
        name: "videos",
        status: "ok",
        found: `${name}: ${trainVideos} training${samples}, ${test.length} test videos, ` +
          `${crops} crop${crops === 1 ? "" : "s"} of ${dim} channels`,
      },
      ...warnings.map((warning): DoctorCheck => ({
        name: "warning",
        status: "warning",
        found: warning,
      })),
    ];
  } catch (error) {
    if (!isFault(error)) throw error;
    return [{ name: "videos", status: "failed", found: error.message }];
  }
}
