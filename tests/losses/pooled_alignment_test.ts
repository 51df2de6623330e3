import * as tf from "@tensorflow/tfjs";
import { backgroundAlignment, eventAlignment } from "../../src/losses/pooled_alignment.ts";
import { onCpu } from "../support/on_cpu.ts";
import { checkTerm, meanOf } from "../support/one_term.ts";

const LOGITS = [0, 0, 0, Math.log(2), 0, 0];

/** Mean over two videos of three classes. */
function entropy(logits: ArrayLike<number>, targets: number[][]): number {
  return meanOf(targets.map((target, b) => {
    const row = Array.from(logits).slice(3 * b, 3 * b + 3);
    const sum = Math.log(row.reduce((all, x) => all + Math.exp(x), 0));
    return -target.reduce((all, y, k) => all + y * (row[k] - sum), 0);
  }));
}

onCpu("eventAlignment shares the target among a video's classes, and a part among all", () => {
  const labels = tf.tensor2d([[0, 1, 1], [1, 0, 0]]);
  const targets = [[0.1, 0.45, 0.45], [0.8, 0.1, 0.1]];
  // ln 3 for the first; for the second 0.8 ln 2 + 0.2 ln 4
  const hand = (Math.log(3) + 0.8 * Math.log(2) + 0.2 * Math.log(4)) / 2;
  checkTerm(
    eventAlignment,
    { event_logits: tf.tensor2d(LOGITS, [2, 3]) },
    hand,
    (of) => entropy(of.event_logits, targets),
    { settings: { smoothing: 0.3 }, constants: { labels } },
  );
});

onCpu("backgroundAlignment has one target for every video, nearly all of it Normal", () => {
  const target = [1, 0.5, 0.5].map((q) => 0.7 * q / 2 + 0.1); // 0.45, 0.275, 0.275
  const hand = (Math.log(3) + 0.45 * Math.log(2) + 0.55 * Math.log(4)) / 2;
  checkTerm(
    backgroundAlignment,
    { background_logits: tf.tensor2d(LOGITS, [2, 3]) },
    hand,
    (of) => entropy(of.background_logits, [target, target]),
    { settings: { smoothing: 0.3, floor: 0.5 } },
  );
});
