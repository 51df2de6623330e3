/**
 * Runs one golden case: builds the model, fills weights and inputs, computes every expected tensor.
 */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../fault.ts";
import { assemble, type Model } from "../model/assemble.ts";
import type { ModelConfig } from "../model/chain.ts";
import { scoringOnly } from "../model/scoring_model.ts";
import type { Context, Values } from "../contract/slot.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { learningRate } from "../train/schedule.ts";
import { Optimizer } from "../train/optimizer.ts";
import type { Tensors } from "../run_folder/checkpoint.ts";
import { disposePass, type Pass, runPass } from "../train/step.ts";
import { applyPass } from "../train/update.ts";
import {
  type CaseInputs,
  finalInputs,
  functionInputs,
  inputsOf,
  inputsOfStep,
} from "./case_inputs.ts";
import { type CaseRecipe, caseRecipe } from "./case_recipe.ts";
import { toleranceOf } from "./case_tolerance.ts";
import { compare, type Comparison, type Numbers } from "./compare.ts";
import { filledParameters, fillInput } from "./fill.ts";
import type { GoldenCase } from "./golden_case.ts";
import { type GoldenRunner, type PartRunner, requireFixed } from "./golden_runner.ts";
import { list, numbersOf, scalar } from "./numbers.ts";

/** First and last elements of a gradient that a case stores. */
const SAMPLE = 64;

/** Computes and compares every expected tensor of the case, in the file's order. */
export async function runCase(
  golden: GoldenCase,
  runner: GoldenRunner | PartRunner,
): Promise<Comparison[]> {
  if (golden.kind === "function" || !("settings" in runner)) {
    return await runFunction(golden, runner);
  }
  const run = new CaseRun(golden, runner);
  try {
    const found = await (golden.kind === "steps" ? run.steps() : run.single());
    const tolerance = toleranceOf(golden, run.model.parameters.trained());
    return [...golden.expected].map(([name, expected]) =>
      compare(name, expected, found.get(name), tolerance)
    );
  } finally {
    run.dispose();
  }
}

async function runFunction(
  golden: GoldenCase,
  runner: GoldenRunner | PartRunner,
): Promise<Comparison[]> {
  if ("fixed" in runner && runner.fixed) {
    for (const [key, own] of Object.entries(runner.fixed(golden.hyper))) {
      requireFixed(golden, key, own);
    }
  }
  const onHost = "onHost" in runner && runner.onHost?.(golden);
  if (onHost) {
    return [...golden.expected].map(([name, expected]) =>
      compare(name, expected, onHost[name], toleranceOf(golden, []))
    );
  }
  if (!runner.compute) {
    throw fault(
      Error,
      `Cannot run golden case "${golden.folder}": runner "${golden.runner}" has no function cases; name its eval, train or steps cases`,
    );
  }
  const computed = tf.tidy(() => {
    const inputs = functionInputs(golden);
    if (!("settings" in runner)) return runner.compute!(inputs, golden);
    return runner.compute!(inputs, golden, caseRecipe(golden, runner.settings).model);
  });
  const tolerance = toleranceOf(golden, []);
  const comparisons: Comparison[] = [];
  for (const [name, expected] of golden.expected) {
    const found = computed[name] && await numbersOf(computed[name]);
    comparisons.push(compare(name, expected, found, tolerance));
  }
  tf.dispose(computed);
  return comparisons;
}

class CaseRun {
  readonly model: Model;
  readonly #random = new RandomStream(0);
  readonly #golden: GoldenCase;
  readonly #runner: GoldenRunner;
  readonly #recipe: CaseRecipe;
  #optimizer: Optimizer | undefined;

  constructor(golden: GoldenCase, runner: GoldenRunner) {
    this.#golden = golden;
    this.#runner = runner;
    this.#recipe = caseRecipe(golden, runner.settings);
    this.model = assemble(neededModel(this.#recipe.model, golden), null);
    this.model.parameters.assign(this.#weightsOf(this.model), `${golden.folder}/case.json`);
  }

  /**
   * The weights of the case, and inputs that stand for what the model holds, such as a dictionary.
   */
  #weightsOf({ parameters }: Model): Tensors {
    const golden = this.#golden;
    const filled = filledParameters(golden);
    for (const input of golden.inputs.filter(({ name }) => parameters.has(name))) {
      const salt = golden.inputs_salt ?? golden.salt;
      filled.set(input.name, { shape: input.shape, data: fillInput(input, salt) });
    }
    return filled;
  }

  dispose(): void {
    this.model.parameters.dispose();
    this.#optimizer?.dispose();
    this.#random.dispose();
  }

  #context(mode: Context["mode"], { given }: CaseInputs, step = 0): Context {
    this.#random.step = step;
    const epoch = this.#runner.epoch?.(this.#golden, step) ?? 0;
    return { mode, random: this.#random, step, epoch, given, everything: true };
  }

  /** An eval or train case: one pass. */
  async single(): Promise<Map<string, Numbers>> {
    const inputs = inputsOf(this.#golden);
    const kept: Record<string, tf.Tensor> = {};
    const observe = (values: Values) => this.#keep(values, kept);
    const found = new Map<string, Numbers>();
    if (this.#golden.kind === "eval") {
      tf.tidy(() => observe(this.model.forward(inputs.batch, this.#context("eval", inputs))));
      this.#scoreVariants(inputs, kept);
    } else {
      const pass = runPass(this.model, inputs.batch, this.#context("train", inputs), observe);
      await this.#readPass(pass, found);
      disposePass(pass);
      await this.#readBuffers(found);
    }
    for (const [name, tensor] of Object.entries(kept)) found.set(name, await numbersOf(tensor));
    for (const [name, compute] of Object.entries(this.#runner.after ?? {})) {
      if (this.#golden.expected.has(name)) found.set(name, compute(found, this.#golden));
    }
    disposeInputs(inputs);
    tf.dispose(kept);
    return found;
  }

  /** The scores of models that are built otherwise, from those of the weights that they have. */
  #scoreVariants(inputs: CaseInputs, kept: Record<string, tf.Tensor>): void {
    const { expected, folder } = this.#golden;
    for (const [name, variant] of Object.entries(this.#runner.variants ?? {})) {
      if (!expected.has(name)) continue;
      const model = assemble(variant(this.#recipe.model), null);
      const known = [...this.#weightsOf(model)].filter(([key]) => model.parameters.has(key));
      model.parameters.assign(new Map(known), `${folder}/case.json`);
      tf.tidy(() => {
        const { scores } = model.forward(inputs.batch, this.#context("eval", inputs));
        kept[name] = tf.keep(tf.clone(scores));
      });
      model.parameters.dispose();
    }
  }

  /** Keeps the tensors that the case expects of a forward pass. */
  #keep(values: Values, kept: Record<string, tf.Tensor>): void {
    const outputs: GoldenRunner["outputs"] = {
      scores: ({ scores }) => scores,
      ...this.#runner.outputs,
    };
    for (const [name, { shape }] of this.#golden.expected) {
      const output = outputs[name]?.(values, shape, this.#recipe.model);
      if (output) kept[name] = tf.keep(tf.clone(output));
    }
  }

  /** The loss and its terms as the case weighs them, by the case's names. */
  async #lossesOf(pass: Pass): Promise<Map<string, number>> {
    const losses = new Map([["loss", (await pass.loss.data())[0]]]);
    const weights = new Map(this.#recipe.model.loss.map(({ name, weight }) => [name, weight]));
    const given = this.#golden.loss_weights;
    for (const [name, terms] of Object.entries(this.#runner.terms)) {
      let sum = 0;
      for (const term of [terms].flat()) {
        sum += weights.get(term)! * (await pass.terms.get(term)!.data())[0];
      }
      // The case tells a weight by the name of the loss or by what follows "loss_".
      const told = given[name] ?? given[name.replace(/^loss_/, "")] ?? 1;
      losses.set(name, this.#runner.weighted?.includes(name) ? sum : sum / told);
    }
    return losses;
  }

  /** Losses, and the samples of every gradient. */
  async #readPass(pass: Pass, found: Map<string, Numbers>): Promise<void> {
    for (const [name, value] of await this.#lossesOf(pass)) found.set(name, scalar(value));
    let total = 0;
    for (const [name, gradient] of pass.gradients) {
      const data = await gradient.data();
      let squares = 0;
      for (const value of data) squares += value * value;
      total += squares;
      found.set(`grad_norm/${name}`, scalar(Math.sqrt(squares)));
      found.set(`grad_head/${name}`, list(data.slice(0, SAMPLE)));
      found.set(`grad_tail/${name}`, list(data.slice(-SAMPLE)));
    }
    found.set("grad_total_norm", scalar(Math.sqrt(total)));
  }

  /** Running statistics after the pass. */
  async #readBuffers(found: Map<string, Numbers>): Promise<void> {
    for (const { name, trained, frozen, variable } of this.model.parameters.all()) {
      if (!trained && !frozen) found.set(`after/${name}`, await numbersOf(variable));
    }
    for (const [name, key] of Object.entries(this.#runner.buffers ?? {})) {
      found.set(name, found.get(`after/${key}`)!);
    }
  }

  /** A steps case: updates on batches of their own, then a probe. */
  async steps(): Promise<Map<string, Numbers>> {
    const { step_inputs: plan, folder } = this.#golden;
    const { optimizer, groups, clipNorm } = this.#recipe;
    if (!plan || !this.#golden.optimizer) {
      throw fault(SyntaxError, `Cannot run golden case "${folder}": no step_inputs or optimizer`);
    }
    this.#optimizer = new Optimizer(optimizer, this.model.parameters, groups);
    const before = await this.model.parameters.read();
    const losses = new Map<string, number[]>();
    const kept: Record<string, tf.Tensor> = {};
    for (let k = 0; k < plan.count; k++) {
      const inputs = inputsOfStep(this.#golden, k);
      const context = this.#context("train", inputs, k);
      const sums: Record<string, tf.Scalar> = {};
      const pass = runPass(this.model, inputs.batch, context, (values) => {
        if (k === plan.count - 1) kept.scores_last = tf.keep(tf.clone(values.scores));
        for (const [name, output] of Object.entries(this.#runner.stepOutputs ?? {})) {
          sums[name] = tf.keep(tf.clone(output(values, this.#recipe.model)));
        }
      });
      const numbers = await this.#lossesOf(pass);
      for (const [name, sum] of Object.entries(sums)) numbers.set(name, (await sum.data())[0]);
      tf.dispose(sums);
      for (const [name, value] of numbers) {
        losses.set(name, [...losses.get(name) ?? [], value]);
      }
      const place = { completedSteps: k, completedEpochs: 0, totalSteps: plan.count };
      const others = groups.map(({ schedule, optimizer }) =>
        learningRate(schedule, optimizer.lr, place)
      );
      this.#optimizer.prepare([optimizer.lr, ...others]);
      applyPass({ optimizer: this.#optimizer, clipNorm, mixed: null }, pass, () => {});
      disposeInputs(inputs);
    }
    this.#scoreFinal(kept);
    const found = new Map<string, Numbers>();
    for (const [name, values] of losses) found.set(name, list(values));
    for (const [name, tensor] of Object.entries(kept)) found.set(name, await numbersOf(tensor));
    tf.dispose(kept);
    await this.#readMoves(before, found);
    return found;
  }

  /** What the case expects of the final inputs, after the last update. */
  #scoreFinal(kept: Record<string, tf.Tensor>): void {
    const inputs = finalInputs(this.#golden);
    tf.tidy(() => {
      const values = this.model.forward(inputs.batch, this.#context("eval", inputs));
      this.#keep(values, kept);
      kept.probe_scores = tf.keep(tf.clone(values.scores));
    });
    disposeInputs(inputs);
  }

  /** How far each parameter moved, where the case asks. */
  async #readMoves(
    before: Map<string, { data: Float32Array }>,
    found: Map<string, Numbers>,
  ): Promise<void> {
    if (
      ![...this.#golden.expected.keys()].some((name) => /^(param_delta_norm|after)\//.test(name))
    ) {
      return;
    }
    const after = await this.model.parameters.read();
    for (const [name, { shape, data }] of after) {
      const start = before.get(name)!.data;
      let squares = 0;
      for (let i = 0; i < data.length; i++) squares += (data[i] - start[i]) ** 2;
      found.set(`param_delta_norm/${name}`, scalar(Math.sqrt(squares)));
      found.set(`after/${name}`, { shape, data, integer: false });
    }
    // Official keys that no forward pass uses stay where they are.
    for (const { name } of this.#golden.parameters) {
      if (!after.has(name)) found.set(`param_delta_norm/${name}`, scalar(0));
    }
  }
}

/** A case that scores may leave out what only training needs. */
function neededModel(model: ModelConfig, { kind, parameters }: GoldenCase): ModelConfig {
  const { scoring, unused } = scoringOnly(model);
  const given = parameters.some(({ name }) => unused.some((start) => name.startsWith(start)));
  return kind === "eval" && !given ? scoring : model;
}

function disposeInputs({ batch, given }: CaseInputs): void {
  tf.dispose([{ ...batch }, given]);
}
