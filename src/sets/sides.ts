/** Normal or abnormal, as lists and folders write it. */

const normalWord = /^(normal|false|0(\.0*)?|-1(\.0*)?)$/i;
const abnormalWord = /^(abnormal|anomal(y|ous)|true|1(\.0*)?)$/i;

/** 0 for a word or number that says normal, 1 for one that says abnormal, null for any other. */
export function sideOfWord(word: string): 0 | 1 | null {
  return normalWord.test(word) ? 0 : abnormalWord.test(word) ? 1 : null;
}
