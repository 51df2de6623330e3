/** Writes plain values as YAML that reads well: short lists of numbers or words on one line. */

import * as yaml from "@std/yaml";

/** YAML text of plain values, lists of scalars as `[512, 32]`; `loadYaml` reads the same values. */
export function dumpYaml(value: unknown): string {
  // Without aliases: two equal lists stay two lists.
  const document = new yaml.Document(value, { aliasDuplicateObjects: false });
  yaml.visit(document, {
    Seq(_, list) {
      list.flow = list.items.every(yaml.isScalar);
    },
  });
  return document.toString({ lineWidth: 100, flowCollectionPadding: false });
}
