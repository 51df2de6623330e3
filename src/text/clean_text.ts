/**
 * What CLIP does to a text before it is split: characters are put right, entities unescaped, white
 * space made one space, letters lower case.
 *
 * Source: openai/CLIP:clip/simple_tokenizer.py (basic_clean, whitespace_clean), which calls the
 * Python library ftfy.
 * Differs from ftfy: text that was decoded with a wrong encoding ("cafÃ©") is left as it is.
 */

import { decodeHTML } from "entities";

/** Replacements in ftfy's order: [what, by what]. */
const corrections: [RegExp, string | ((found: string) => string)][] = [
  // deno-lint-ignore no-control-regex -- the colour codes of terminals
  [/\x1b\[[\d;]*[a-zA-Z]/g, ""],
  [/[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06]/g, compatible], // ligatures
  [/[\u3000\uff01-\uffef]/g, compatible], // full-width and half-width characters
  [/[\u02bc\u2018-\u201b]/g, "'"],
  [/[\u201c-\u201f]/g, '"'],
  // deno-lint-ignore no-control-regex -- what no text means to hold
  [/[\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, ""],
];

/** The plain characters that a presentation form stands for. */
function compatible(found: string): string {
  return found.normalize("NFKC");
}

/** The text as the tokenizer splits it. */
export function cleanText(text: string): string {
  // ftfy takes a text with "<" for HTML, whose entities belong to it.
  let clean = text.includes("<") ? text : decodeHTML(text);
  for (const [pattern, by] of corrections) clean = clean.replace(pattern, by as string);
  clean = decodeHTML(decodeHTML(clean.normalize("NFC")));
  return clean.replace(/\p{White_Space}+/gu, " ").trim().toLowerCase();
}
