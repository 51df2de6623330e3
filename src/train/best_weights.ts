/** Which weights of a training are kept as its best, and going on from them. */

import type { ResolvedConfig } from "../config/schema/index.ts";
import type { Metrics } from "../metrics/evaluation.ts";
import { selected } from "../metrics/metric_table.ts";
import type { Model } from "../model/assemble.ts";
import { readWeights } from "../run_folder/checkpoint.ts";
import type { TrainerState } from "../run_folder/trainer_state.ts";
import type { TrainingFiles } from "./training_files.ts";

export interface BestWeightsOptions {
  model: Model;
  select: ResolvedConfig["trainer"]["select"];
  /** Where the best weights lie. */
  path: string;
  files: TrainingFiles;
  /** Where nothing is evaluated, the weights of this step are kept; null where something is. */
  keptAt: number | null;
}

export class BestWeights {
  readonly #options: BestWeightsOptions;

  constructor(options: BestWeightsOptions) {
    this.#options = options;
  }

  /**
   * Takes an evaluation into the history of a run; the first of equal values stays the best.
   *
   * @returns whether it is the best so far, and what to tell of it
   */
  judge(state: TrainerState, metrics: Metrics): { best: boolean; told: string } {
    const { select } = this.#options;
    const { step, history } = state;
    history.push({ step, metrics });
    const last = select === "last";
    const value = last ? metrics.roc_auc : selected(metrics, select);
    const before = state.best === null ? null : selected(history[state.best].metrics, select);
    const best = last || before === null || (value !== null && value > before);
    if (best) state.best = history.length - 1;
    const shown = value === null ? "undefined" : value.toFixed(4);
    const name = last ? "roc_auc" : select;
    return { best, told: `${name} ${shown}${best && !last ? " (best so far)" : ""}` };
  }

  /** Writes the weights where those of this step are to be kept. */
  async keep(state: TrainerState): Promise<void> {
    if (!this.#areThose(state)) return;
    const { model, files } = this.#options;
    await files.saveBest(await model.parameters.readChanging(), state.step);
  }

  /**
   * Loads the best weights so far; the optimiser's state stays.
   *
   * @returns the step that they are of; null where training goes on from its own weights
   */
  async reload(state: TrainerState): Promise<number | null> {
    const { model, path } = this.#options;
    const { best, history } = state;
    if (best === null || this.#areThose(state)) return null;
    const { weights } = await readWeights(path);
    model.parameters.overwrite(weights, `"${path}"`);
    return history[best].step;
  }

  /** Whether the weights of this step are those to keep. */
  #areThose({ step, best, history }: TrainerState): boolean {
    const { keptAt } = this.#options;
    if (keptAt !== null) return step >= keptAt;
    return best !== null && history[best].step === step;
  }
}
