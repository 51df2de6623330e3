/** Runs of seconds with everything in them that a resume must get right. */

const DATA = [
  "data.dim=16",
  "data.crops=2",
  "data.segments=8",
  "data.synthetic.videos_train=10",
  "data.synthetic.videos_test=4",
  "data.synthetic.shortest=8",
  "data.synthetic.longest_train=16",
  "data.synthetic.longest_test=16",
];

/** Settings of `wsvad train`, by what they try. */
export const SMALL_RUNS = {
  /**
   * Sides that start their passes on their own, checkpoints between and at evaluations and log
   * lines.
   */
  steps: [
    "runner=mil",
    "data=synthetic",
    ...DATA,
    "data.batch_size=4",
    "runner.head.hidden=[8,4]",
    "trainer.loop=steps",
    "trainer.max_steps=300",
    "trainer.eval_every=30",
    "trainer.checkpoint_every=7",
    "trainer.log_every=5",
  ],
  /** Epochs of five batches, of which the last is left over; the rate drops between epochs. */
  epochs: [
    "runner=mil",
    "data=synthetic",
    ...DATA,
    "data.batch_size=2",
    "runner.head.hidden=[8,4]",
    "runner.optimizer={name: adam, lr: 0.01, weight_decay: 0.001}",
    "runner.schedule={name: multi_step, milestones: [20, 60], gamma: 0.3}",
    "runner.grad_clip_norm=1",
    "trainer.loop=epochs",
    "trainer.max_epochs=80",
    "trainer.accumulate=2",
    "trainer.eval_every=7",
    "trainer.checkpoint_every=3",
    "trainer.log_every=4",
  ],
  /** Batch norm's running statistics, dropout before a selection, Adam's moments. */
  rtfm: [
    "runner=rtfm",
    "data=synthetic",
    ...DATA,
    "data.batch_size=2",
    "runner.head.hidden=[16,8]",
    "runner.schedule={name: cosine}",
    "trainer.loop=steps",
    "trainer.max_steps=60",
    "trainer.eval_every=20",
    "trainer.eval_start=0",
    "trainer.checkpoint_every=4",
    "trainer.log_every=10",
  ],
  /** Steps that are recorded and replayed, from the fourth one of each process on. */
  gpu: [
    "runner=rtfm",
    "data=synthetic",
    ...DATA,
    "data.batch_size=2",
    "runner.head.hidden=[16,8]",
    "trainer.loop=steps",
    "trainer.max_steps=24",
    "trainer.eval_every=12",
    "trainer.eval_start=0",
    "trainer.checkpoint_every=5",
    "trainer.log_every=10",
  ],
  /** Noise that is drawn in training and in evaluations. */
  noise: [
    "runner=clip_tsa",
    "data=synthetic",
    ...DATA,
    "data.batch_size=2",
    "runner.head.hidden=[16,8]",
    "trainer.loop=steps",
    "trainer.max_steps=60",
    "trainer.eval_every=20",
    "trainer.eval_start=0",
    "trainer.checkpoint_every=4",
    "trainer.log_every=10",
  ],
  /** A frozen text tower beside what is trained, and a branch that scoring leaves out. */
  text: [
    "runner=tpwng",
    "data=synthetic",
    "data.features=clip",
    ...DATA,
    "data.batch_size=2",
    "runner.encoder={layers: 1, heads: 2, inner: 16, dropout: 0.1}",
    "trainer.loop=steps",
    "trainer.max_steps=24",
    "trainer.eval_every=12",
    "trainer.eval_start=0",
    "trainer.checkpoint_every=5",
    "trainer.log_every=10",
  ],
} as const;

/** Where a run of these settings computes. */
export function deviceOf(name: keyof typeof SMALL_RUNS): "cpu" | "webgpu" {
  return name === "gpu" ? "webgpu" : "cpu";
}
