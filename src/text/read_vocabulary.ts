/**
 * Vocabularies as they lie on disk: OpenAI's list of merges, and what Hugging Face's CLIP folders
 * hold. They are read at once, not by promise: a model needs its tokens when it is built.
 */

import { existsSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { fault } from "../fault.ts";
import { readBytesSync, readTextSync } from "../io/read_file.ts";
import { byteCharacters } from "./byte_alphabet.ts";
import {
  CLIP_MERGES,
  END_TOKEN,
  START_TOKEN,
  type Vocabulary,
  vocabularyOf,
  WORD_END,
} from "./vocabulary.ts";

const OPENAI_FILE = "bpe_simple_vocab_16e6.txt.gz";
/** A list of merges is some megabytes; a compressed file of more is none. */
const LARGEST_TEXT = 1 << 28;

/**
 * Reads a vocabulary.
 *
 * @param path OpenAI's bpe_simple_vocab_16e6.txt.gz (or unpacked), Hugging Face's tokenizer.json or
 *   vocab.json with merges.txt beside it, or a folder with any of these
 * @throws {Error | SyntaxError} a fault: nothing of the kind, not readable, or damaged
 */
export function readVocabulary(path: string): Vocabulary {
  const file = vocabularyFile(path);
  if (file === null) {
    throw fault(
      Error,
      `Cannot read a vocabulary from "${path}": expected vocab.json with merges.txt, tokenizer.json or ${OPENAI_FILE}; give the folder of a CLIP model from Hugging Face, or that file`,
    );
  }
  const name = basename(file);
  if (name === "vocab.json" || name === "merges.txt") return fromVocabJson(dirname(file));
  return name.endsWith(".json") ? fromTokenizerJson(file) : fromMergeList(file);
}

/** The file of a folder that holds its vocabulary; a file itself; null where there is none. */
export function vocabularyFile(path: string): string | null {
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  if (existsSync(join(path, "merges.txt")) && existsSync(join(path, "vocab.json"))) {
    return join(path, "vocab.json");
  }
  const found = ["tokenizer.json", OPENAI_FILE].find((name) => existsSync(join(path, name)));
  return found === undefined ? null : join(path, found);
}

/** A header line, then merges; OpenAI's file has more of them than its models know. */
function fromMergeList(path: string): Vocabulary {
  const lines = readLines(path);
  const merges = lines.slice(1, 1 + CLIP_MERGES);
  if (merges.length < CLIP_MERGES) {
    throw refusal(path, `expected ${CLIP_MERGES} merges after the first line`, merges.length);
  }
  requireMerges(path, merges);
  return vocabularyOf(merges);
}

function fromVocabJson(folder: string): Vocabulary {
  const path = join(folder, "vocab.json");
  const lines = readLines(join(folder, "merges.txt"));
  const merges = lines.filter((line, i) => line !== "" && !(i === 0 && line.startsWith("#")));
  return checked(path, symbolIds(path, readJson(path)), merges);
}

function fromTokenizerJson(path: string): Vocabulary {
  const { model } = readJson(path) as { model?: { vocab?: unknown; merges?: unknown } };
  if (!Array.isArray(model?.merges)) throw refusal(path, "expected model.merges", "none");
  const merges = model.merges.map((merge) => Array.isArray(merge) ? merge.join(" ") : `${merge}`);
  return checked(path, symbolIds(path, model.vocab), merges);
}

function symbolIds(path: string, vocab: unknown): Map<string, number> {
  const entries = vocab && typeof vocab === "object" ? Object.entries(vocab) : [];
  const ids = new Map(entries as [string, number][]);
  const known = new Set(ids.values());
  for (let id = 0; id < Math.max(1, ids.size); id++) {
    if (!known.has(id)) throw refusal(path, `expected a symbol for each id`, `none for ${id}`);
  }
  return ids;
}

/** Refuses a vocabulary that could not spell every text. */
function checked(path: string, ids: Map<string, number>, merges: string[]): Vocabulary {
  const needed = [
    ...byteCharacters.flatMap((character) => [character, character + WORD_END]),
    START_TOKEN,
    END_TOKEN,
  ];
  const missing = needed.find((symbol) => !ids.has(symbol));
  if (missing !== undefined) {
    throw refusal(path, `expected the symbol "${missing}"`, "a vocabulary without it");
  }
  requireMerges(path, merges, ids);
  return { ids, merges, start: ids.get(START_TOKEN)!, end: ids.get(END_TOKEN)! };
}

/** Each merge is two symbols, which the vocabulary has, as it has what they make. */
function requireMerges(path: string, merges: string[], ids?: Map<string, number>): void {
  const wrong = merges.find((merge) => {
    const parts = merge.split(" ");
    if (parts.length !== 2 || parts.includes("")) return true;
    return ids !== undefined && ![...parts, parts.join("")].every((symbol) => ids.has(symbol));
  });
  if (wrong === undefined) return;
  throw refusal(path, "expected merges of two known symbols", `"${wrong.slice(0, 40)}"`);
}

function readLines(path: string): string[] {
  return readWholeText(path).replace(/\n$/, "").split(/\r?\n/);
}

function readJson(path: string): unknown {
  try {
    const value = JSON.parse(readWholeText(path));
    if (value && typeof value === "object") return value;
  } catch (error) {
    if (!(error instanceof SyntaxError) || error.message.startsWith("Cannot")) throw error;
  }
  throw refusal(path, "expected a JSON object", "other text");
}

function readWholeText(path: string): string {
  const attempted = `Cannot read vocabulary "${path}"`;
  if (!path.endsWith(".gz")) return readTextSync(path, { attempted });
  const bytes = readBytesSync(path, { attempted });
  try {
    const text = gunzipSync(bytes, { maxOutputLength: LARGEST_TEXT });
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch (error) {
    throw fault(
      SyntaxError,
      `${attempted}: it is not gzip-compressed UTF-8 text; copy it again`,
      { cause: error },
    );
  }
}

function refusal(path: string, expected: string, found: string | number): Error {
  return fault(
    SyntaxError,
    `Cannot read vocabulary "${path}": ${expected}, found ${found}; take the files of a CLIP model as they were published`,
  );
}
