/** Runs one golden case: builds the model, fills weights and inputs, computes every expected tensor. */

import * as tf from "@tensorflow/tfjs";
import { fault } from "../fault.ts";
import { assemble, type DeviceBatch, type Model } from "../model/assemble.ts";
import type { Context, Values } from "../model/slot.ts";
import { RandomStream } from "../nn/random_stream.ts";
import { Optimizer } from "../train/optimizer.ts";
import { optimizerSchema } from "../config/schema/optimizer.ts";
import { disposePass, type Pass, runPass } from "../train/step.ts";
import { compare, type Comparison, type Numbers, type Tolerance } from "./compare.ts";
import { fill, fillInput } from "./fill.ts";
import type { GoldenCase } from "./golden_case.ts";
import type { GoldenRunner } from "./golden_runner.ts";

/** First and last elements of a gradient that a case stores. */
const SAMPLE = 64;

/** Computes and compares every expected tensor of the case, in the file's order. */
export async function runCase(golden: GoldenCase, runner: GoldenRunner): Promise<Comparison[]> {
  const run = new CaseRun(golden, runner);
  try {
    const found = await (golden.kind === "steps" ? run.steps() : run.single());
    const tolerance = toleranceOf(golden, run.model);
    return [...golden.expected].map(([name, expected]) =>
      compare(name, expected, found.get(name), tolerance)
    );
  } finally {
    run.dispose();
  }
}

class CaseRun {
  readonly model: Model;
  readonly #random = new RandomStream(0);
  readonly #golden: GoldenCase;
  readonly #runner: GoldenRunner;
  #optimizer: Optimizer | undefined;

  constructor(golden: GoldenCase, runner: GoldenRunner) {
    this.#golden = golden;
    this.#runner = runner;
    this.model = assemble(runner.model(golden.hyper), 0);
    const filled = new Map(
      golden.parameters.map((parameter) => [
        parameter.name,
        { shape: parameter.shape, data: fill(parameter, golden.salt) },
      ]),
    );
    this.model.parameters.assign(filled, `${golden.folder}/case.json`);
  }

  dispose(): void {
    this.model.parameters.dispose();
    this.#optimizer?.dispose();
    this.#random.dispose();
  }

  #context(mode: Context["mode"], step = 0): Context {
    this.#random.step = step;
    return { mode, random: this.#random, step, epoch: 0 };
  }

  /** The batch of the named inputs: `video` alone, or normal and abnormal videos one after the other. */
  #batch(nameOf: (name: string) => string, salt: string): DeviceBatch {
    const inputs = new Map(this.#golden.inputs.map((input) => [input.name, input]));
    const names = inputs.has(nameOf("normal")) ? ["normal", "abnormal"] : ["video"];
    const parts = names.map((name) => {
      const input = inputs.get(nameOf(name));
      if (!input) {
        throw fault(
          SyntaxError,
          `Cannot run golden case "${this.#golden.folder}": no input "${nameOf(name)}"`,
        );
      }
      return tf.tensor(fillInput(input, salt), input.shape);
    });
    const video = tf.concat(parts, 0);
    tf.dispose(parts);
    return batchOf(video);
  }

  get #salt(): string {
    return this.#golden.inputs_salt ?? this.#golden.salt;
  }

  /** An eval or train case: one pass. */
  async single(): Promise<Map<string, Numbers>> {
    const batch = this.#batch((name) => name, this.#salt);
    const kept: Record<string, tf.Tensor> = {};
    const observe = (values: Values) => this.#keep(values, kept);
    const found = new Map<string, Numbers>();
    if (this.#golden.kind === "eval") {
      tf.tidy(() => observe(this.model.forward(batch, this.#context("eval"))));
    } else {
      const pass = runPass(this.model, batch, this.#context("train"), observe);
      await this.#readPass(pass, found);
      disposePass(pass);
      await this.#readBuffers(found);
    }
    for (const [name, tensor] of Object.entries(kept)) found.set(name, await numbersOf(tensor));
    tf.dispose([kept, { ...batch }]);
    return found;
  }

  /** Keeps the tensors that the case expects of a forward pass. */
  #keep(values: Values, kept: Record<string, tf.Tensor>): void {
    const outputs: GoldenRunner["outputs"] = {
      scores: ({ scores }) => scores,
      ...this.#runner.outputs,
    };
    for (const name of this.#golden.expected.keys()) {
      if (outputs[name]) kept[name] = tf.keep(tf.clone(outputs[name](values)));
    }
  }

  /** Losses as the case weighs them, and the samples of every gradient. */
  async #readPass(pass: Pass, found: Map<string, Numbers>): Promise<void> {
    found.set("loss", scalar((await pass.loss.data())[0]));
    const weights = new Map(
      this.#runner.model(this.#golden.hyper).loss.map(({ name, weight }) => [name, weight]),
    );
    for (const [name, term] of Object.entries(this.#runner.terms)) {
      const value = (await pass.terms.get(term)!.data())[0];
      const included = weights.get(term)! / (this.#golden.loss_weights[name] ?? 1);
      found.set(name, scalar(value * included));
    }
    for (const [name, gradient] of pass.gradients) {
      const data = await gradient.data();
      let squares = 0;
      for (const value of data) squares += value * value;
      found.set(`grad_norm/${name}`, scalar(Math.sqrt(squares)));
      found.set(`grad_head/${name}`, list(data.slice(0, SAMPLE)));
      found.set(`grad_tail/${name}`, list(data.slice(-SAMPLE)));
    }
  }

  /** Running statistics after the pass. */
  async #readBuffers(found: Map<string, Numbers>): Promise<void> {
    for (const { name, trained, variable } of this.model.parameters.all()) {
      if (!trained) found.set(`after/${name}`, await numbersOf(variable));
    }
  }

  /** A steps case: updates on batches of their own, then a probe. */
  async steps(): Promise<Map<string, Numbers>> {
    const { step_inputs: plan, optimizer, folder } = this.#golden;
    if (!plan || !optimizer) {
      throw fault(SyntaxError, `Cannot run golden case "${folder}": no step_inputs or optimizer`);
    }
    const config = optimizerSchema.parse(optimizerOf(optimizer));
    this.#optimizer = new Optimizer(config, this.model.parameters);
    const before = await this.model.parameters.read();
    const pattern = (text: string | undefined, name: string, k: number) =>
      text?.replace("{name}", name).replace("{k}", String(k)) ?? name;
    const losses: number[] = [];
    const kept: Record<string, tf.Tensor> = {};
    const scale = tf.ones([1]);
    for (let k = 0; k < plan.count; k++) {
      const salt = plan.salt ? pattern(plan.salt, "", k) : this.#salt;
      const batch = this.#batch((name) => pattern(plan.input, name, k), salt);
      const pass = runPass(this.model, batch, this.#context("train", k), ({ scores }) => {
        if (k === plan.count - 1) kept.scores_last = tf.keep(tf.clone(scores));
      });
      losses.push((await pass.loss.data())[0]);
      this.#optimizer.prepare(config.lr);
      this.#optimizer.apply(pass.gradients, scale);
      disposePass(pass);
      tf.dispose({ ...batch });
    }
    kept.probe_scores = this.#probe(plan);
    const found = new Map<string, Numbers>([["loss", list(losses)]]);
    for (const [name, tensor] of Object.entries(kept)) found.set(name, await numbersOf(tensor));
    tf.dispose([kept, scale]);
    await this.#readMoves(before, found);
    return found;
  }

  /** Scores of the probe input after the last update. */
  #probe(plan: NonNullable<GoldenCase["step_inputs"]>): tf.Tensor {
    const name = plan.final_input ?? "probe";
    const input = this.#golden.inputs.find((input) => input.name === name);
    if (!input) {
      throw fault(
        SyntaxError,
        `Cannot run golden case "${this.#golden.folder}": no input "${name}"`,
      );
    }
    const values = fillInput(input, plan.final_salt ?? this.#salt);
    return tf.tidy(() => {
      const batch = batchOf(tf.tensor(values, input.shape));
      return this.model.forward(batch, this.#context("eval")).scores;
    });
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
  }
}

/** The optimiser of a case under our keys: the keys that both know. */
const OPTIMIZER_KEYS = {
  adam: ["betas", "eps", "weight_decay"],
  adamw: ["betas", "eps", "weight_decay"],
  sgd: ["momentum", "weight_decay"],
  adagrad: ["eps", "weight_decay"],
};

function optimizerOf(optimizer: NonNullable<GoldenCase["optimizer"]>): Record<string, unknown> {
  const { name, lr } = optimizer;
  const keys = OPTIMIZER_KEYS[name as keyof typeof OPTIMIZER_KEYS] ?? [];
  return {
    name,
    lr,
    ...Object.fromEntries(
      keys.filter((key) => key in optimizer).map((key) => [key, optimizer[key]]),
    ),
  };
}

/** A batch in which every snippet is valid and every second half abnormal. */
function batchOf(video: tf.Tensor): DeviceBatch {
  const [B, , T] = video.shape;
  const classIds = Int32Array.from({ length: B }, (_, b) => b < B / 2 ? 0 : 1);
  return {
    video,
    lengths: tf.fill([B], T!, "int32"),
    classIds: tf.tensor1d(classIds, "int32"),
  };
}

function toleranceOf(golden: GoldenCase, model: Model): Tolerance {
  const gradients = new Map(
    model.parameters.trained().map(({ name, variable }) => [name, {
      elements: variable.size,
      norm: Number(golden.expected.get(`grad_norm/${name}`)?.data[0] ?? 0),
    }]),
  );
  return {
    kind: golden.kind,
    noise: golden.fp32_noise,
    zeroGradients: golden.zero_gradients,
    largestGradient: Math.max(0, ...[...gradients.values()].map(({ norm }) => norm)),
    gradients,
  };
}

async function numbersOf(tensor: tf.Tensor): Promise<Numbers> {
  return { shape: tensor.shape, data: await tensor.data(), integer: tensor.dtype !== "float32" };
}

function scalar(value: number): Numbers {
  return list([value]);
}

function list(data: ArrayLike<number>): Numbers {
  return { shape: [data.length], data, integer: false };
}
