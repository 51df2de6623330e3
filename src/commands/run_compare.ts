/** `wsvad compare`: runs side by side, from their folders alone. */

import { fault } from "../fault.ts";
import type { Tell } from "../progress.ts";
import { scoreSteps, segmentBounds, snippetBounds } from "../frames/frame_bounds.ts";
import { type IntervalMetric, pairedDifferences } from "../metrics/bootstrap.ts";
import { writeWhole } from "../io/atomic_write.ts";
import { smoothedVideos } from "../metrics/evaluated_runs.ts";
import { evaluate } from "../metrics/evaluate.ts";
import type { Curve, ScoredVideo } from "../metrics/evaluation.ts";
import { renderComparison } from "../report/compare_page.ts";
import type { ComparedRun, ComparedVideo, Comparison } from "../report/comparison.ts";
import { separations } from "../report/separation.ts";
import { thin } from "../report/thin.ts";
import { type ReadRun, readRun } from "../run_folder/read_run.ts";
import { tool } from "../tool.ts";

const BUCKETS = 120;
const NO_CURVE: Curve = { x: [], y: [] };
/** Settings that say where and how often, and make no other numbers. */
const NOT_TOLD =
  /^(trainer\.(log_every|checkpoint_every|capture|threads)|runner\.(paper|published))/;

/** What must be equal before numbers are of one kind, in words. */
const SAME: [string, (run: ReadRun) => string | undefined][] = [
  ["data sets", ({ facts }) => facts?.data.name],
  ["features", ({ facts }) => facts?.data.provenance],
  ["ground-truth rules", ({ facts }) => facts?.data.ground_truth_rule],
  ["spreading", ({ facts }) => facts?.rules.spread],
  ["alignment", ({ facts }) => facts?.rules.align],
  ["smoothing", ({ facts }) => facts?.rules.smooth],
  ["rules of selection", ({ facts }) => facts?.rules.selection],
  ["versions of the tool", ({ facts }) => facts?.tool.version],
];

/**
 * Compares runs with the first of them.
 *
 * @throws fault: fewer than two folders, one that holds no run
 */
export async function runCompare(
  folders: readonly string[],
  tell?: Tell,
): Promise<Comparison> {
  if (folders.length < 2) {
    throw fault(RangeError, `Cannot compare ${folders.length} run: name two or more run folders`);
  }
  const runs: ReadRun[] = [];
  for (const folder of folders) {
    tell?.("reading: run", runs.length, folders.length);
    runs.push(await readRun(folder));
  }
  const [first] = runs;
  const compared: ComparedRun[] = [];
  for (const [i, run] of runs.entries()) {
    tell?.("comparing with the first: run", i, runs.length);
    compared.push(comparedRun(run, first, tell));
  }
  return {
    tool,
    runs: compared,
    settings: differingSettings(runs),
    warnings: warningsOf(runs),
    videos: comparedVideos(runs),
    common: runs.map((run) => commonVideos(first, run)[0].length),
  };
}

/**
 * Writes the page of a comparison.
 *
 * @throws fault where the file exists, unless `overwrite`
 */
export async function writeComparison(
  path: string,
  comparison: Comparison,
  overwrite: boolean,
): Promise<void> {
  await writeWhole(path, renderComparison(comparison), { overwrite });
}

/** A run as a comparison with the first shows it. */
export function comparedRun(run: ReadRun, first: ReadRun, tell?: Tell): ComparedRun {
  const { folder, settings, config, log, facts, result, videos } = run;
  const evaluation = videos && videos.length > 0 ? evaluate(videos, config.eval) : null;
  const losses = log.flatMap((line) => line.kind === "step" ? [[line.step, line.loss]] : []);
  const overSteps = (name: string) =>
    curveOf(
      log.flatMap((line) => line.kind === "eval" ? [[line.step, line.metrics[name] ?? null]] : []),
    );
  return {
    name: folder,
    runner: facts?.runner ?? settings.get("runner.name") ?? "unknown",
    step: result?.best?.step ?? null,
    steps: result?.steps ?? log.at(-1)?.step ?? 0,
    seconds: result?.seconds ?? log.reduce((sum, { seconds }) => sum + seconds, 0),
    metrics: result?.best?.metrics ?? log.findLast((line) => line.kind === "eval")?.metrics ?? {},
    intervals: result?.intervals ?? {},
    late: result?.late ?? null,
    classes: Object.fromEntries(
      (result?.classes ?? []).map(({ className, videos, withNormal }) => [
        className,
        { auc: withNormal, videos },
      ]),
    ),
    roc: thinned(evaluation?.roc ?? NO_CURVE),
    pr: thinned(evaluation?.pr ?? NO_CURVE),
    loss: curveOf(losses),
    auc: overSteps("roc_auc"),
    ap: overSteps("ap"),
    paired: run === first ? null : paired(run, first, tell),
  };
}

function curveOf(points: (number | null)[][]): Curve {
  const kept = points.filter((point): point is [number, number] => point[1] !== null);
  return thinned({ x: kept.map(([step]) => step), y: kept.map(([, value]) => value) });
}

function thinned({ x, y }: Curve): Curve {
  const kept = Array.from(thin([y], BUCKETS));
  return { x: kept.map((i) => x[i]), y: kept.map((i) => y[i]) };
}

/** The videos that both have, in the order of the first. */
function commonVideos(first: ReadRun, run: ReadRun): [ScoredVideo[], ScoredVideo[]] {
  const byId = new Map((run.videos ?? []).map((video) => [video.id, video]));
  const both = (first.videos ?? []).flatMap((video) => {
    const other = byId.get(video.id);
    return other !== undefined && other.anomalous === video.anomalous ? [[video, other]] : [];
  });
  return [both.map(([video]) => video), both.map(([, other]) => other)];
}

/** Differences run less first. */
function paired(run: ReadRun, first: ReadRun, tell?: Tell): ComparedRun["paired"] {
  const [ofFirst, own] = commonVideos(first, run);
  const resamples = first.config.eval.bootstrap;
  if (own.length < 2 || resamples === 0) return null;
  const options = [run.config.eval, first.config.eval] as const;
  return pairedDifferences([own, ofFirst], options, { resamples, tell }) as Record<
    IntervalMetric,
    NonNullable<ComparedRun["paired"]>[string]
  >;
}

function differingSettings(runs: ReadRun[]): Comparison["settings"] {
  const keys = new Set(runs.flatMap(({ settings }) => [...settings.keys()]));
  return [...keys].filter((key) => !NOT_TOLD.test(key)).map((key) => ({
    key,
    values: runs.map(({ settings }) => settings.get(key) ?? "absent"),
  })).filter(({ values }) => new Set(values).size > 1);
}

function warningsOf(runs: ReadRun[]): string[] {
  const warnings = runs.filter(({ result }) => result === null)
    .map(({ folder }) => `"${folder}" has not ended: its numbers are of its last evaluation`);
  for (const [what, of] of SAME) {
    const found = new Set(runs.map(of).filter((value) => value !== undefined));
    if (found.size < 2) continue;
    warnings.push(`the runs are of different ${what}: ${[...found].join(" | ")}`);
  }
  const [first] = runs;
  for (const run of runs.slice(1)) {
    if (first.videos === null || run.videos === null) continue;
    const [{ length }] = commonVideos(first, run);
    if (length === first.videos.length && length === run.videos.length) continue;
    warnings.push(
      `"${run.folder}" and "${first.folder}" have ${length} test videos in common, of ` +
        `${run.videos.length} and ${first.videos.length}: paired differences are over these`,
    );
  }
  const ended = runs.filter(({ result, videos }) => result !== null && videos === null);
  for (const { folder, result } of ended) {
    warnings.push(
      result!.best === null
        ? `"${folder}" evaluated nothing: its data had no test videos`
        : `"${folder}" has no test_scores.json, so no curves and no paired differences; ` +
          `wsvad train --resume ${folder} writes it`,
    );
  }
  return warnings;
}

function comparedVideos(runs: ReadRun[]): ComparedVideo[] {
  const scored = runs.map((run) => {
    const { spread, frames_per_snippet: per } = run.config.eval;
    // As the evaluation compared them.
    const videos = smoothedVideos(run.videos ?? [], run.config.eval);
    const stepped = videos.map(({ scores, frames, videoFrames, groundTruth }) => ({
      steps: scoreSteps(
        scores,
        spread === "segments"
          ? segmentBounds(videoFrames ?? frames, scores.length)
          : snippetBounds(scores.length, per),
        frames,
      ),
      groundTruth,
    }));
    const found = separations(stepped);
    return new Map(videos.map(({ id }, v) => [id, { ...stepped[v], separation: found[v] }]));
  });
  const all = new Map(runs.flatMap(({ videos }) => videos ?? []).map((video) => [video.id, video]));
  const spreadOf = ({ separation }: ComparedVideo) => {
    const known = separation.filter((value) => value !== null);
    const high = known.reduce((most, value) => Math.max(most, value), 0);
    return known.length < 2 ? -1 : high - known.reduce((least, value) => Math.min(least, value), 1);
  };
  return [...all.values()].map(({ id, className, frames, groundTruth }): ComparedVideo => ({
    id,
    className,
    frames,
    separation: scored.map((run) => run.get(id)?.separation ?? null),
    curves: scored.map((run) => {
      const steps = run.get(id)?.steps ?? [];
      return thinned({ x: steps.map(({ start }) => start), y: steps.map(({ score }) => score) });
    }),
    truth: groundTruth.map(({ start, end }) => [start, end]),
  })).sort((a, b) => spreadOf(b) - spreadOf(a));
}
