/** A score as people read it: four digits after the point; small ones keep two digits. */
export function scoreText(score: number): string {
  return score !== 0 && Math.abs(score) < 1e-3 ? score.toExponential(1) : score.toFixed(4);
}
