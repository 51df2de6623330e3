/** What scoring keeps from video to video, and from one evaluation of a training to the next. */

import type { Recorder } from "../device/recorder.ts";
import type { Model } from "../model/assemble.ts";
import { ScoringMemo } from "./scoring_memo.ts";
import { ScoringReplays } from "./scoring_replays.ts";

export interface ScoringOptions {
  /** The device's. */
  recorder: Recorder | null;
  /** Whether scoring may be replayed where the device can: trainer.capture. */
  capture?: boolean;
  /** Told why it is not, if so. */
  onFallback?: (reason: string) => void;
}

/** One model's; the caller disposes it. */
export class Scoring {
  readonly memo = new ScoringMemo();
  /** Null where nothing is replayed. */
  readonly replays: ScoringReplays | null;
  /** Whether work is only put on its way to the device, so that its time is not known here. */
  readonly deferred: boolean;
  readonly #recorder: Recorder | null;
  /** Where the weights lay when the last videos were scored. */
  #weights: object[] = [];

  constructor({ recorder, capture = true, onFallback = () => {} }: ScoringOptions) {
    this.#recorder = recorder;
    this.deferred = recorder !== null; // what can be replayed is what is sent ahead
    this.replays = recorder && capture ? new ScoringReplays(recorder, onFallback) : null;
  }

  /**
   * Before the first of some videos. Recordings read weights where these lay: elsewhere they are
   * recorded anew.
   */
  begin({ parameters }: Model): void {
    const weights = parameters.all().map(({ variable }) => variable.dataId);
    const moved = weights.some((id, i) => id !== this.#weights[i]);
    this.#weights = weights;
    if (moved) this.replays?.release();
    if (this.#recorder && this.replays && !moved) this.memo.renew(this.#recorder);
    else this.memo.clear();
  }

  /** After the last of them. */
  end(): void {
    this.replays?.rest();
    if (!this.replays) this.memo.clear();
  }

  [Symbol.dispose](): void {
    this.replays?.[Symbol.dispose]();
    this.memo[Symbol.dispose]();
  }
}
