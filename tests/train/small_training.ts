/** Trainings of a blink, within the process of the test. */

import { resolveConfig } from "../../src/config/resolve_config.ts";
import type { ResolvedConfig } from "../../src/config/schema/index.ts";
import { registry } from "../../src/model/registry.ts";
import { silent } from "../../src/progress.ts";
import type { Surroundings } from "../../src/commands/opened_run.ts";
import { resumeTraining } from "../../src/commands/resume_training.ts";
import { runTraining } from "../../src/commands/run_training.ts";

/** Tiny synthetic videos. */
export const SMALL_DATA = [
  "data.dim=8",
  "data.crops=1",
  "data.segments=4",
  "data.batch_size=2",
  "data.synthetic.videos_train=5",
  "data.synthetic.videos_test=2",
  "data.synthetic.shortest=4",
  "data.synthetic.longest_train=8",
  "data.synthetic.longest_test=8",
];

const SMALL = [
  "runner=mil",
  "data=synthetic",
  ...SMALL_DATA,
  "runner.head.hidden=[4,3]",
  "trainer.max_steps=12",
  "trainer.eval_every=4",
  "trainer.checkpoint_every=3",
  "trainer.log_every=2",
];

/** The settings of twelve steps of mil on tiny synthetic videos; later overrides win. */
export function smallConfig(...overrides: string[]): ResolvedConfig {
  return resolveConfig({ catalog: registry, overrides: [...SMALL, ...overrides] });
}

const onCpu: Surroundings = { device: { device: "cpu", blas: "off" }, progress: silent };

/** Trains into a folder that exists. */
export function trainInto(
  runFolder: string,
  config: ResolvedConfig,
  { overwrite = false, ...surroundings }: Partial<Surroundings> & { overwrite?: boolean } = {},
) {
  return runTraining({ ...onCpu, ...surroundings, config, runFolder, overwrite });
}

/** Continues the run of a folder. */
export function resumeIn(
  runFolder: string,
  surroundings: Partial<Surroundings> & { overrides?: string[] } = {},
) {
  return resumeTraining(runFolder, { ...onCpu, ...surroundings });
}
