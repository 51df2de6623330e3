/**
 * Prompts: what stands at each position of the text tower, a token or a learned vector, and where
 * the class is read.
 */

import { fault } from "../fault.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What a position holds: a token of the vocabulary, or a row of the learned table. */
export type Source = { token: number } | { learned: number };

export interface PromptRow {
  /** From position 0 to `readOut`; what came later could not be seen, attention being causal. */
  sources: Source[];
  /** Position whose output stands for the text. */
  readOut: number;
}

/** Start, the text, end; read at the end. */
export function plainPrompt(tokenizer: Tokenizer, text: string, context: number): PromptRow {
  return contextPrompt(tokenizer, text, { context, learned: 0 });
}

/**
 * VadCLIP's: row j of a table of `context` vectors stands at position j, but for the start at 0,
 * the words behind `prefix` vectors, and the end behind `postfix` more, where it is read.
 *
 * @throws {RangeError} a fault: longer than `context`
 */
export function surroundedPrompt(
  tokenizer: Tokenizer,
  text: string,
  { context, prefix, postfix }: { context: number; prefix: number; postfix: number },
): PromptRow {
  const words = tokenizer.pieces(text);
  const readOut = 1 + prefix + words.length + postfix;
  requireFit(text, readOut + 1, context);
  const sources: Source[] = Array.from({ length: readOut + 1 }, (_, j) => ({ learned: j }));
  sources[0] = { token: tokenizer.start };
  words.forEach((token, i) => sources[1 + prefix + i] = { token });
  sources[readOut] = { token: tokenizer.end };
  return { sources, readOut };
}

/**
 * CoOp's: start, `learned` vectors, the words, end, where it is read.
 *
 * @throws {RangeError} a fault: longer than `context`
 */
export function contextPrompt(
  tokenizer: Tokenizer,
  text: string,
  { context, learned }: { context: number; learned: number },
): PromptRow {
  const sources: Source[] = [
    { token: tokenizer.start },
    ...Array.from({ length: learned }, (_, j) => ({ learned: j })),
    ...tokenizer.pieces(text).map((token) => ({ token })),
    { token: tokenizer.end },
  ];
  requireFit(text, sources.length, context);
  return { sources, readOut: sources.length - 1 };
}

function requireFit(text: string, length: number, context: number): void {
  if (length <= context) return;
  throw fault(
    RangeError,
    `Cannot make a prompt of "${
      text.slice(0, 60)
    }": it takes ${length} positions, the text tower has ${context}; shorten the text, or learn fewer vectors`,
  );
}
