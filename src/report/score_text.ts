/** A score as people read it: four digits after the point; small ones keep two digits. */
export function scoreText(score: number): string {
  return score !== 0 && Math.abs(score) < 1e-3 ? score.toExponential(1) : score.toFixed(4);
}

/** A threshold, and the rule that chose it where it was not given as a number. */
export function thresholdText({ threshold, rule }: { threshold: number; rule: string }): string {
  return Number(rule) === threshold ? rule : `${threshold.toPrecision(4)} (${rule})`;
}
