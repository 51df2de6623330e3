// deno-lint-ignore-file no-unused-vars -- used by the scripts that follow
// Axes of charts over steps.

const stepAxis = {
  scale: {
    range: (_, low, high) => low === high ? [low - 1, high + 1] : [low, high],
  },
  axis: {
    space: 64,
    incrs: [1, 2, 5].flatMap((n) => Array.from({ length: 8 }, (_, e) => n * 10 ** e))
      .sort((a, b) => a - b),
    values: (_, splits) => splits.map((step) => count(step)),
  },
};

// Powers of ten; with 2 and 5 times them where there are few.
function logTicks(_, __, low, high) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i))
    .flatMap((power) => last - first > 3 ? [power] : [power, 2 * power, 5 * power])
    .map((value) => Number(value.toPrecision(6)))
    .filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
}
