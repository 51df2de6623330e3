/**
 * The model and optimiser of a golden case: the method's recipe, configs/runner/<method>.yaml, with
 * the settings that the case names. What no case names is the recipe's alone, so that a slip there
 * shows.
 */

import { resolveConfig } from "../config/resolve_config.ts";
import type { ResolvedConfig, RunnerConfig } from "../config/schema/index.ts";
import { fault } from "../fault.ts";
import type { ModelConfig } from "../model/chain.ts";
import { modelConfig } from "../model/model_config.ts";
import { registry } from "../model/registry.ts";
import type { GoldenCase } from "./golden_case.ts";
import { type CaseSettings, requireFixed } from "./golden_runner.ts";

/** Keys of a case's optimiser that are settings of ours; others are notes. */
const OPTIMIZER_KEYS = {
  adam: ["lr", "betas", "eps", "weight_decay"],
  adamw: ["lr", "betas", "eps", "weight_decay"],
  sgd: ["lr", "momentum", "weight_decay"],
  adagrad: ["lr", "eps", "weight_decay"],
};

/** What the parts of a case's runner need to be known of its model. */
export interface CaseRecipe {
  model: ModelConfig;
  optimizer: RunnerConfig["optimizer"];
  groups: RunnerConfig["optimizer_groups"];
  clipNorm: number | null;
}

/** What of a case makes its recipe. */
export type Naming = Pick<
  GoldenCase,
  "runner" | "hyper" | "optimizer" | "optimizer_refiner" | "folder"
>;

/** The recipe of a case, every dropout off: the official numbers are without random draws. */
export function caseRecipe(golden: Naming, settings: CaseSettings): CaseRecipe {
  const { runner, data } = resolved(golden, settings);
  const features = runner.features.text_aligned ? "clip" : data.features;
  const model = modelConfig(withoutDropout(runner), { ...data, features }, 1);
  const { num_class: classes = model.classes } = golden.hyper as { num_class?: number };
  return {
    model: { ...model, classes },
    optimizer: runner.optimizer,
    groups: runner.optimizer_groups,
    clipNorm: runner.grad_clip_norm,
  };
}

/** The configuration of a case; without settings the recipe itself. */
function resolved(golden: Naming, settings: CaseSettings | null): ResolvedConfig {
  const named = settings === null ? new Map() : namedSettings(golden, settings);
  const overrides = [...named].map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  return resolveConfig({
    catalog: registry,
    overrides: [`runner=${golden.runner}`, ...overrides],
  });
}

/**
 * The settings that a case names, by their path.
 *
 * @throws fault where the case has a key that the method's table does not know
 */
function namedSettings(golden: Naming, settings: CaseSettings): Map<string, unknown> {
  const named = new Map<string, unknown>();
  for (const [key, value] of Object.entries(golden.hyper)) {
    const place = settings[key];
    if (place === undefined) {
      throw fault(
        SyntaxError,
        `Cannot run golden case "${golden.folder}": hyper.${key} is none of ${golden.runner} (${
          Object.keys(settings).join(", ")
        })`,
      );
    }
    if (typeof place === "function") {
      for (const [path, own] of Object.entries(place(value, golden.hyper))) {
        named.set(`runner.${path}`, own);
      }
    } else if (place !== null && typeof place === "object" && "fixed" in place) {
      requireFixed(golden, key, place.fixed);
    } else {
      for (const path of [place].flat()) if (path !== null) named.set(`runner.${path}`, value);
    }
  }
  const { optimizer } = golden;
  if (optimizer === undefined) return named;
  const name = optimizer.name.toLowerCase();
  named.set("runner.optimizer.name", name);
  for (const key of OPTIMIZER_KEYS[name as keyof typeof OPTIMIZER_KEYS] ?? []) {
    if (key in optimizer) named.set(`runner.optimizer.${key}`, optimizer[key]);
  }
  if (golden.optimizer_refiner) {
    const { schedule, ...refiner } = golden.optimizer_refiner;
    const group = "runner.optimizer_groups.refiner";
    for (const key of OPTIMIZER_KEYS.adamw) {
      if (key in refiner) named.set(`${group}.optimizer.${key}`, refiner[key]);
    }
    for (const [key, value] of Object.entries(schedule)) {
      named.set(`${group}.schedule.${key}`, value);
    }
  }
  if ("clip_grad_norm" in optimizer) named.set("runner.grad_clip_norm", optimizer.clip_grad_norm);
  return named;
}

function withoutDropout(runner: RunnerConfig): RunnerConfig {
  const off = <T extends object | null | undefined>(slot: T): T =>
    slot && Object.fromEntries(
      Object.entries(slot).map(([key, value]) => [key, /dropout$/.test(key) ? 0 : value]),
    ) as T;
  return {
    ...runner,
    encoder: off(runner.encoder),
    head: off(runner.head),
    branch: off(runner.branch),
    branches: runner.branches.map(off),
  };
}

/** A setting of a recipe beside what the official code's cases say. */
export interface AgreedSetting {
  path: string;
  recipe: unknown;
  /** Of each case that names it. */
  cases: unknown[];
  ok: boolean;
}

/**
 * Holds a recipe against the cases of its method: each setting that they name must be the recipe's
 * in one of them, since cases may be smaller than the method, but not all of them.
 *
 * @param apart settings that no case has as the recipe, with the reason
 */
export function recipeAgainst(
  cases: readonly Naming[],
  settings: CaseSettings,
  apart: Record<string, string> = {},
): AgreedSetting[] {
  const found = new Map<string, unknown[]>();
  for (const golden of cases) {
    const config = resolved(golden, settings);
    for (const path of namedSettings(golden, settings).keys()) {
      found.set(path, [...found.get(path) ?? [], valueAt(config, path)]);
    }
  }
  const recipe = resolved(cases[0], null);
  return [...found].filter(([path]) => !Object.hasOwn(apart, path.replace(/^runner\./, "")))
    .map(([path, values]) => {
      const own = valueAt(recipe, path);
      const ok = values.some((value) => JSON.stringify(value) === JSON.stringify(own));
      return { path, recipe: own, cases: values, ok };
    });
}

/** The value at a dotted path, parts of lists by their name. */
function valueAt(config: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => {
    if (Array.isArray(at)) return at.find(({ name }) => name === key);
    return (at as Record<string, unknown> | null | undefined)?.[key];
  }, config);
}
