/** A configuration as one list of keys and texts, for comparing and for looking things up. */

/**
 * Every value under its full key, in order; the entries of a list of slots by their names:
 * `runner.loss.sparsity.weight`.
 */
export function flatSettings(tree: unknown, path = ""): Map<string, string> {
  const values = new Map<string, string>();
  const add = (path: string, value: unknown): void => {
    if (Array.isArray(value) && value.some((part) => typeof part === "object")) {
      value.forEach((part, i) => add(`${path}.${part?.name ?? i}`, part));
    } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, part] of Object.entries(value)) add(path ? `${path}.${key}` : key, part);
    } else {
      values.set(path, typeof value === "string" ? value : JSON.stringify(value));
    }
  };
  add(path, tree);
  return values;
}
