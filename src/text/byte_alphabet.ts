/** The characters that stand for bytes in CLIP's vocabulary, so that every text can be spelled. */

/** Ranges of bytes that are printable characters and stand for themselves. */
const printable = [[33, 126], [161, 172], [174, 255]] as const;

/** Bytes in the order of the vocabulary: printable ones, then the others. */
export const bytesInOrder: readonly number[] = (() => {
  const kept = printable.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i)
  );
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
    !kept.includes(byte)
  );
  return [...kept, ...others];
})();

/**
 * The character of each byte, in the order of the vocabulary; bytes without one of their own take
 * 256, 257, ...
 */
export const byteCharacters: readonly string[] = (() => {
  const kept = bytesInOrder.findIndex((byte, i) => i > 0 && byte < bytesInOrder[i - 1]);
  return bytesInOrder.map((byte, i) => String.fromCodePoint(i < kept ? byte : 256 + i - kept));
})();
