/**
 * `deno run -A tasks/pack_vocabulary.ts bpe_simple_vocab_16e6.txt.gz`: writes the merges of
 * OpenAI's CLIP to src/text/clip_merges.b64, from which the tool makes its vocabulary. A test
 * compares the two where the file is there.
 */

import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { CLIP_MERGES, packMerges } from "../src/text/vocabulary.ts";

const TEXT_SHA256 = "67603cfda2e032ad77b5f8808af37789d590db664b26df8705d2bf8b3c553fc8";

const text = gunzipSync(Deno.readFileSync(Deno.args[0]));
const found = createHash("sha256").update(text).digest("hex");
if (found !== TEXT_SHA256) {
  throw new Error(`Expected text of sha256 ${TEXT_SHA256}, found ${found}`);
}
const merges = new TextDecoder().decode(text).split("\n").slice(1, 1 + CLIP_MERGES);
const packed = new Uint8Array(gzipSync(packMerges(merges), { level: 9 })).toBase64();
Deno.writeTextFileSync(
  new URL("../src/text/clip_merges.b64", import.meta.url),
  packed.replace(/.{1,100}/g, "$&\n"),
);
