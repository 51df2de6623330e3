/** How far a computed tensor may lie from the official one, by what kind of tensor it is. */

/** Numbers of one tensor, wherever they came from. */
export interface Numbers {
  shape: number[];
  data: ArrayLike<number>;
  integer: boolean;
}

/** One line of the report. */
export interface Comparison {
  name: string;
  /** Largest absolute difference; null where it could not be taken. */
  difference: number | null;
  limit: number;
  ok: boolean;
  /** Why there is no difference, or what it is measured against. */
  note?: string;
}

export interface Tolerance {
  /** "steps": losses of several updates; their limit is wider. */
  kind: "eval" | "train" | "steps" | "function";
  /** Float32 against float64 of the official code, by tensor: ten times this is always allowed. */
  noise: Record<string, number>;
  /**
   * How far the official code itself moves when its weights move by one rounding: twice that is
   * always allowed.
   */
  perturbed: Record<string, number>;
  /** Parameters whose true gradient is 0: only the size of what is computed is checked. */
  zeroGradients: string[];
  /** Largest expected gradient norm. */
  largestGradient: number;
  /** Elements and expected norm of each parameter's gradient. */
  gradients: Map<string, { elements: number; norm: number }>;
  /**
   * Of a steps case: what storing each parameter in float32 can add to the norm of its move, at
   * most.
   */
  rounding: Map<string, number>;
}

/** Compares one tensor; a list of limits serves losses, which are bounded element by element. */
export function compare(
  name: string,
  expected: Numbers,
  found: Numbers | undefined,
  tolerance: Tolerance,
): Comparison {
  if (!found) return { name, difference: null, limit: 0, ok: false, note: "not computed" };
  if (String(expected.shape) !== String(found.shape)) {
    const note = `expected shape [${expected.shape}], found [${found.shape}]`;
    return { name, difference: null, limit: 0, ok: false, note };
  }
  const zero = zeroGradientOf(name, tolerance);
  if (zero) return zero(found);
  const limits = limitsOf(name, expected, tolerance);
  let difference = 0, limit = limits(0), ok = true, worst = -Infinity;
  for (let i = 0; i < expected.data.length; i++) {
    const apart = Math.abs(Number(expected.data[i]) - Number(found.data[i]));
    const allowed = limits(i);
    if (!(apart <= allowed)) ok = false;
    const share = Number.isNaN(apart) ? Infinity : apart / (allowed || Number.MIN_VALUE);
    if (share > worst) [worst, difference, limit] = [share, apart, allowed];
  }
  return { name, difference, limit, ok };
}

/**
 * Limit of each element (spec of `wsvad verify`: integers exact, the rest relative to its kind).
 */
function limitsOf(
  name: string,
  expected: Numbers,
  tolerance: Tolerance,
): (i: number) => number {
  if (expected.integer) return () => 0;
  const floor = Math.max(
    10 * (tolerance.noise[name] ?? 0),
    2 * (tolerance.perturbed[name] ?? 0),
    tolerance.rounding.get(name.match(/^param_delta_norm\/(.*)$/)?.[1] ?? "") ?? 0,
  );
  const largest = Array.from(expected.data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const at = (limit: number) => () => Math.max(limit, floor);
  const gradient = name.match(/^grad_(norm|head|tail)\/(.*)$/);
  if (gradient) {
    const { elements, norm } = tolerance.gradients.get(gradient[2])!;
    return at(gradient[1] === "norm" ? 1e-3 * norm : 1e-3 * norm / Math.sqrt(elements));
  }
  if (/^loss(_|$)/.test(name)) {
    const relative = tolerance.kind === "steps" ? 1e-4 : 1e-5;
    return (i) => Math.max(relative * Math.abs(Number(expected.data[i])), floor);
  }
  if (/(^|_)scores?(_|$)/.test(name)) return at(1e-5 * Math.max(1, largest));
  return at(1e-4 * largest);
}

/** For parameters whose true gradient is 0: how what was found is judged. */
function zeroGradientOf(
  name: string,
  { zeroGradients, largestGradient }: Tolerance,
): ((found: Numbers) => Comparison) | undefined {
  const [, kind, parameter] =
    name.match(/^(grad_norm|grad_head|grad_tail|param_delta_norm)\/(.*)$/) ??
      [];
  if (!parameter || !zeroGradients.includes(parameter)) return undefined;
  if (kind !== "grad_norm") {
    return () => ({ name, difference: null, limit: 0, ok: true, note: "true gradient is 0" });
  }
  const limit = 1e-5 * largestGradient;
  return (found) => {
    const norm = Math.abs(Number(found.data[0]));
    return { name, difference: norm, limit, ok: norm <= limit, note: "true gradient is 0" };
  };
}
