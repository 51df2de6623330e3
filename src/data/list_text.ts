/**
 * The text of a list: which column names the video and which its label. Lists of the official
 * repositories, and what spreadsheets and data frames write: any usual separator, quotes, a header,
 * a column of row numbers.
 */

import { fault } from "../fault.ts";
import { classNames } from "../sets/index.ts";
import {
  type Fields,
  fieldsOf,
  linesOf,
  namesVideo,
  type Separator,
  separatorNames,
  separatorOf,
} from "./list_fields.ts";

/** A row of a list. */
export interface ListRow {
  /** As written: a path of either kind of slash, a bare id, a video's name. */
  path: string;
  /** Class name, in lists with a column of labels. */
  label?: string;
}

/** A list as read. */
export interface FeatureList {
  rows: ListRow[];
  /**
   * How it was read, for the log:
   * `18 rows, path and label, separated by semicolons, with a header`.
   */
  form: string;
}

/** What a column holds. */
type Column = "path" | "label" | "index";

/** What headers call the columns. */
const columnNames: Record<Column, RegExp> = {
  path: /^(video[-_ ]?(id|name|path)?|id|name|path|file([-_ ]?(name|path))?|features?)$/i,
  label: /^(label|class([-_ ]?name)?|event|category|anomaly|target|y)$/i,
  index: /^(index|idx|no\.?|nr\.?|row|#|unnamed: 0)?$/i,
};

const form = '"<path>" or "<path>,<label>" on every line';

/**
 * Reads a list: a row a line, with or without a header (`video-id` of S3R, `path,label` of
 * VadCLIP), a column of labels and one of row numbers. Fields are separated by commas, semicolons,
 * tabs or spaces, and may be in quotes (RFC 4180).
 *
 * @param name what faults call the text
 * @throws {SyntaxError} a fault, with the number of the line: a row of another form than the
 *   others, columns that do not tell which is which, a row that comes twice, or no row
 */
export function parseFeatureList(text: string, name: string): FeatureList {
  const refuse = (line: number, problem: string): never => {
    throw fault(
      SyntaxError,
      `Cannot read the list "${name}", line ${line}: ${problem}; expected ${form}`,
    );
  };
  const all = linesOf(text);
  const separator = separatorOf(all);
  for (const row of all) {
    row.fields = fieldsOf(row.text, separator) ??
      refuse(row.line, `its quotes are not closed, or stand in the middle of a field: ${row.text}`);
  }
  const header = all.length > 0 ? headerOf(all[0].fields) : null;
  const rows = header === null ? all : all.slice(1);
  if (rows.length === 0) {
    throw fault(
      SyntaxError,
      `Cannot read the list "${name}": expected a video a line, found none; give a list file, a folder or a .jsonl manifest`,
    );
  }
  const width = all[0].fields.length;
  const odd = rows.find(({ fields }) => fields.length !== width);
  if (odd !== undefined) {
    refuse(
      odd.line,
      `it has ${count(odd.fields.length)} where line ${
        all[0].line
      } has ${width}, found "${odd.text}"`,
    );
  }
  const columns = header ?? columnsOf(rows, refuse);
  return {
    rows: rowsOf(rows, columns, refuse),
    form: formOf(rows.length, columns, separator, header !== null),
  };
}

/** The columns that a header names; null where the line is none. */
function headerOf(fields: string[]): Column[] | null {
  const columns = fields.map((field) =>
    (["path", "label", "index"] as const).find((column) => columnNames[column].test(field))
  );
  const named = columns.filter((column): column is Column => column !== undefined);
  const once = named.length === columns.length && new Set(named).size === named.length;
  return once && named.includes("path") ? named : null;
}

/** Columns by what stands in them. */
function columnsOf(
  rows: Fields[],
  refuse: (line: number, problem: string) => never,
): (Column | null)[] {
  const { fields: first, line, text } = rows[0];
  const at = (column: number) => rows.map(({ fields }) => fields[column]);
  const given = first.map((_, i) => i).filter((i) => at(i).some((field) => field !== ""));
  if (first.length === 1) {
    refuseLabelFirst(rows, refuse);
    return ["path"];
  }
  // A separator at the end of every line makes an empty column.
  const used = given.length > 1 ? given : first.map((_, i) => i);
  const paths = used.filter((i) => at(i).every(namesVideo));
  const path = paths.length > 0 ? paths[0] : used.find((i) => !areNumbers(at(i)));
  if (path === undefined || paths.length > 1) {
    return refuse(line, `which column names the video cannot be told, found "${text}"`);
  }
  const others = used.filter((i) => i !== path);
  const index = others.find((i) => i < path && areRowNumbers(at(i)));
  const labels = others.filter((i) => i !== index);
  if (
    index !== undefined && labels.length === 0 && at(index).every((field) => /^[01]$/.test(field))
  ) {
    refuse(line, `"${first[index]}" may be a row number or a label; add a header, found "${text}"`);
  }
  if (labels.length > 1) {
    refuse(line, `which of its ${count(used.length)} is the label cannot be told, found "${text}"`);
  }
  return first.map((_, i) => {
    return i === path ? "path" : i === index ? "index" : i === labels[0] ? "label" : null;
  });
}

function areNumbers(fields: string[]): boolean {
  return fields.every((field) => /^\d+(\.0*)?$/.test(field));
}

/** Whole numbers, each once. */
function areRowNumbers(fields: string[]): boolean {
  return fields.every((field) => /^\d+$/.test(field)) && new Set(fields).size === fields.length;
}

/** Labels before paths that are separated by spaces look like paths with spaces. */
function refuseLabelFirst(rows: Fields[], refuse: (line: number, problem: string) => never): void {
  const words = new Set(["anomaly", "0", "1", "0.0", "1.0"]);
  for (const name of classNames()) words.add(name.toLowerCase());
  for (const { fields: [field], line } of rows) {
    const word = /^(\S+)\s/.exec(field)?.[1];
    if (word !== undefined && words.has(word.toLowerCase())) {
      refuse(line, `the label "${word}" seems to come first, found "${field}"`);
    }
  }
}

function rowsOf(
  lines: Fields[],
  columns: (Column | null)[],
  refuse: (line: number, problem: string) => never,
): ListRow[] {
  const [path, label] = [columns.indexOf("path"), columns.indexOf("label")];
  const lineOf = new Map<string, number>();
  return lines.map(({ fields, line, text }) => {
    const row: ListRow = { path: fields[path] };
    if (label >= 0) row.label = fields[label];
    if (row.path === "" || row.label === "") {
      refuse(line, `expected a name, or a name and a label, found "${text}"`);
    }
    const earlier = lineOf.get(row.path);
    if (earlier !== undefined) refuse(line, `"${row.path}" stands on line ${earlier} already`);
    lineOf.set(row.path, line);
    return row;
  });
}

function count(fields: number): string {
  return fields === 1 ? "1 field" : `${fields} fields`;
}

function formOf(
  rows: number,
  columns: (Column | null)[],
  separator: Separator,
  header: boolean,
): string {
  const names = columns.filter((column) => column !== null)
    .map((column) => column === "index" ? "row number" : column);
  return [
    `${rows} ${rows === 1 ? "row" : "rows"} of ${names.join(", ")}`,
    ...(separator === null || columns.length === 1
      ? []
      : [`separated by ${separatorNames[separator]}`]),
    header ? "with a header" : "without a header",
  ].join(", ");
}
