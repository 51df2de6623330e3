/**
 * From text to the ids of CLIP's text tower.
 *
 * Source: openai/CLIP:clip/simple_tokenizer.py; the merging itself is @huggingface/tokenizers.
 * Golden values: tests/golden/clip_text/tokens.json.
 */

import { Tokenizer as BytePairs } from "@huggingface/tokenizers";
import { fault } from "../fault.ts";
import { cleanText } from "./clean_text.ts";
import { BUILT_IN, type ClipSettings } from "./clip_settings.ts";
import { readVocabulary } from "./read_vocabulary.ts";
import { clipVocabulary, END_TOKEN, START_TOKEN, type Vocabulary, WORD_END } from "./vocabulary.ts";

/**
 * Markers, contractions, letters, single digits, runs of anything else; white space lies between.
 */
const PIECES = String
  .raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`;

export class Tokenizer {
  readonly #pairs: BytePairs;
  readonly start: number;
  readonly end: number;
  /** Symbols of the vocabulary. */
  readonly size: number;

  constructor(vocabulary: Vocabulary) {
    ({ start: this.start, end: this.end } = vocabulary);
    this.size = vocabulary.ids.size;
    this.#pairs = new BytePairs(tokenizerJson(vocabulary), {});
  }

  /** The ids of the text's own symbols, without start and end. */
  pieces(text: string): number[] {
    return this.#pairs.encode(cleanText(text)).ids;
  }

  /**
   * A row of the tower: start, pieces, end, zeros up to `context`.
   *
   * @param truncate cuts what is too long; the last id is then the end
   * @throws {RangeError} a fault: too long
   */
  row(text: string, context: number, truncate = false): Int32Array {
    const ids = [this.start, ...this.pieces(text), this.end];
    if (ids.length > context) {
      if (!truncate) {
        throw fault(
          RangeError,
          `Cannot use the text "${
            text.slice(0, 60)
          }": it has ${ids.length} tokens, the text tower takes ${context}; shorten it`,
        );
      }
      ids.length = context;
      ids[context - 1] = this.end;
    }
    const row = new Int32Array(context);
    row.set(ids);
    return row;
  }
}

/**
 * The tokenizer of the tower that settings name.
 *
 * @throws a fault: a vocabulary that cannot be read, or has more symbols than the tower
 */
export function tokenizerOf({ clip, vocabulary, tower }: ClipSettings): Tokenizer {
  if (clip === BUILT_IN) return clipTokenizer();
  const tokenizer = vocabulary === null
    ? clipTokenizer()
    : new Tokenizer(readVocabulary(vocabulary));
  if (tokenizer.size <= tower.vocabulary) return tokenizer;
  throw fault(
    RangeError,
    `Cannot use the vocabulary ${
      vocabulary ?? "of CLIP"
    } with this text tower: it has ${tokenizer.size} symbols, the tower ${tower.vocabulary}; set runner.branch.vocabulary to the tower's own, or runner.branch.tower.vocabulary=${tokenizer.size}`,
  );
}

let ofClip: Tokenizer | undefined;

/** CLIP's own, made once: its merges take a tenth of a second to read in. */
export function clipTokenizer(): Tokenizer {
  return ofClip ??= new Tokenizer(clipVocabulary());
}

/** The library's own description of a tokenizer; cleaning is ours. */
function tokenizerJson({ ids, merges, start, end }: Vocabulary) {
  const marker = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [marker(start, START_TOKEN), marker(end, END_TOKEN)],
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: PIECES }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: END_TOKEN,
      continuing_subword_prefix: "",
      end_of_word_suffix: WORD_END,
      fuse_unk: false,
      vocab: Object.fromEntries(ids),
      merges: [...merges],
    },
  };
}
