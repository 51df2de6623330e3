/**
 * Annotated events of test videos, read from the official text files.
 *
 * Parsing is strict: a line that is not exactly of a known form is a fault that names the file and
 * the line, because a video whose events were misread gives wrong metrics without any other sign.
 */

import { fault } from "../fault.ts";
import { sideOfWord } from "./sides.ts";

/**
 * An event as annotated, [start, end] in frames. What the numbers mean is the ground-truth rule's
 * choice.
 */
export type AnnotatedEvent = [start: number, end: number];

/** A test video as annotated. */
export interface Annotation {
  /** Without folder and `.mp4`: `Abuse028_x264`. */
  id: string;
  /** As annotated: `Abuse`, `Normal`; absent where the file has no class of a video. */
  className?: string;
  /** Frames of the video, where the file gives them. */
  frames?: number;
  events: AnnotatedEvent[];
  /** Class names by event, where the file gives them. */
  labels?: string[];
}

/**
 * A violent test video of XD-Violence: `codes[i]` is the class code of `events[i]`, where the file
 * gives it.
 */
export interface XdAnnotation {
  id: string;
  events: AnnotatedEvent[];
  codes?: string[];
}

/**
 * Reads UCF-Crime's annotation text, either form, line by line:
 * `Abuse028_x264.mp4  Abuse  165  240  -1  -1` (Sultani et al., VadCLIP without `.mp4`) or
 * `Abuse/Abuse028_x264.mp4 1412 Abuse 165 240 -1 -1` (UR-DMU, with the frame count).
 *
 * @param name what faults call the text
 * @param anyEvents whether a line may have one event or more, and not two alone, as own data have
 * @throws {SyntaxError} a line of another form, a repeated video, or no line at all
 */
export function parseUcfAnnotations(
  text: string,
  name = "annotations",
  anyEvents = false,
): Annotation[] {
  return parseRows(text, name, (fields, refuse) => {
    const withFrames = fields.length % 2 === 1;
    const count = fields.length - (withFrames ? 3 : 2); // of the frames of events
    if (anyEvents ? count < 2 : count !== 4) {
      const more = anyEvents ? " ..." : "";
      refuse(
        `expected "<id> <class> s1 e1 s2 e2${more}" or "<folder>/<id> <frames> <class> s1 e1 s2 e2${more}", found ${fields.length} fields`,
      );
    }
    const numbers = fields.slice(-count).map((field) => wholeNumber(field, refuse));
    const className = fields[fields.length - count - 1];
    if (!/^[A-Za-z]\w*$/.test(className)) {
      refuse(
        `expected a class name before the ${
          anyEvents ? "" : "four "
        }event frames, found "${className}"`,
      );
    }
    const annotation: Annotation = { id: bareId(fields[0]), className, events: [] };
    if (withFrames) {
      annotation.frames = wholeNumber(fields[1], refuse);
      if (annotation.frames < 1) refuse(`expected a frame count of at least 1, found ${fields[1]}`);
    }
    annotation.events = eventsOf(numbers, annotation.frames, refuse);
    if (sideOfWord(className) === 0 && annotation.events.length > 0) {
      refuse(`a ${className} video cannot have events, found ${fields.slice(-count).join(" ")}`);
    }
    return annotation;
  });
}

/**
 * Reads XD-Violence's `annotations.txt` (`<id> s1 e1 s2 e2 ...`) or `annotations_multiclasses.txt`
 * (`<id> <code> s1 e1 <code> s2 e2 ...`): any number of events, ends exclusive, possibly
 * overlapping. 14 names of the official files end in `.mp4`; it is removed.
 *
 * @throws {SyntaxError} a line of another form, a repeated video, or no line at all
 */
export function parseXdAnnotations(text: string, name = "annotations"): XdAnnotation[] {
  return parseRows(text, name, (fields, refuse) => {
    const [id, ...rest] = fields;
    const withCodes = rest.length > 0 && /^[AGB]/.test(rest[0]);
    const width = withCodes ? 3 : 2;
    if (rest.length === 0 || rest.length % width !== 0) {
      const form = withCodes ? "<code> start end" : "start end";
      refuse(`expected "<id>" and events of the form "${form}", found ${fields.length} fields`);
    }
    const annotation: XdAnnotation = { id: bareId(id), events: [] };
    if (withCodes) annotation.codes = [];
    for (let i = 0; i < rest.length; i += width) {
      if (withCodes) {
        if (!/^(A|G|B[12456])$/.test(rest[i])) {
          refuse(`expected one of the codes A B1 B2 B4 B5 B6 G, found "${rest[i]}"`);
        }
        annotation.codes!.push(rest[i]);
      }
      const start = wholeNumber(rest[i + width - 2], refuse);
      const end = wholeNumber(rest[i + width - 1], refuse);
      if (start < 0 || end < start) {
        refuse(`expected 0 <= start <= end, found the event ${start} ${end}`);
      }
      annotation.events.push([start, end]);
    }
    return annotation;
  });
}

type Refuse = (problem: string) => never;

function parseRows<Row extends { id: string }>(
  text: string,
  name: string,
  parse: (fields: string[], refuse: Refuse) => Row,
): Row[] {
  const rows: Row[] = [];
  const lineOf = new Map<string, number>();
  text.replace(/^\uFEFF/, "").split(/\r?\n/).forEach((line, index) => {
    const fields = line.split(/\s+/).filter((field) => field !== "");
    if (fields.length === 0 || fields[0] === "#") return;
    const refuse: Refuse = (problem) => {
      throw fault(
        SyntaxError,
        `Cannot read annotations "${name}", line ${
          index + 1
        }: ${problem}; correct the line or take the official file`,
      );
    };
    const row = parse(fields, refuse);
    const earlier = lineOf.get(row.id);
    if (earlier !== undefined) refuse(`video "${row.id}" was annotated on line ${earlier} already`);
    lineOf.set(row.id, index + 1);
    rows.push(row);
  });
  if (rows.length === 0) {
    throw fault(
      SyntaxError,
      `Cannot read annotations "${name}": expected a line per test video, found none; give the annotation text of the data set`,
    );
  }
  return rows;
}

/**
 * Events, two as a rule, -1 -1 for none. The end may lie past the video (five official ones do),
 * the start not.
 */
function eventsOf(numbers: number[], frames: number | undefined, refuse: Refuse): AnnotatedEvent[] {
  const events: AnnotatedEvent[] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    const [start, end] = [numbers[i], numbers[i + 1]];
    if (start === -1 && end === -1) continue;
    if (start < 0 || end < start) {
      refuse(`expected -1 -1 or 0 <= start <= end, found the event ${start} ${end}`);
    }
    if (frames !== undefined && start > frames) {
      refuse(`the event ${start} ${end} starts after the last of ${frames} frames`);
    }
    events.push([start, end]);
  }
  if (numbers[0] === -1 && events.length > 0) {
    refuse(`the second event ${events[0].join(" ")} has no first event`);
  }
  return events;
}

function wholeNumber(field: string, refuse: Refuse): number {
  if (!/^-?\d{1,9}$/.test(field)) refuse(`expected a whole number, found "${field}"`);
  return Number(field);
}

function bareId(field: string): string {
  const id = field.slice(Math.max(field.lastIndexOf("/"), field.lastIndexOf("\\")) + 1);
  return id.endsWith(".mp4") ? id.slice(0, -".mp4".length) : id;
}
