/** What the tool knows of a data set: all of it stands in one object, in one file. */

import type { Annotation } from "./annotations.ts";
import type { EventRule, GroundTruth, GroundTruthRule } from "./ground_truth.ts";

export type Split = "train" | "test";

/** Videos of a split in the official lists. */
export interface SplitCount {
  videos: number;
  abnormal: number;
}

/** A list file of an official repository, which is known again by its name and its rows. */
export interface KnownList {
  /** The repositories that have it, as a log names them. */
  of: string;
  /** Its name without folders. */
  file: string;
  split: Split;
  rows: number;
  /** Abnormal rows, where all of them come before the normal ones; its code reads labels so. */
  abnormalFirst?: number;
}

/** A feature set in circulation: what `data.variant` names. */
export interface FeatureVariant {
  what: string;
  /** What its files are, as keys of the section `data`. */
  settings: Record<string, string | number>;
}

/** A data set of videos. Its rules decide what names, labels and annotations mean. */
export interface DataSet {
  /** As people call it. */
  title: string;
  /** Where it comes from, and under which terms; null for the user's own. */
  origin: { source: string; licence: string } | null;
  /** Names by class id; 0 is Normal. */
  classes: readonly string[];
  /**
   * Class ids by the id of a video, the one that stands for it first; null where the id does not
   * tell.
   */
  classesOf(videoId: string): number[] | null;
  /** Class ids by the folders of a file below those of its split, where folders tell them. */
  classesOfFolders?(folders: readonly string[]): number[] | null;
  /** Class ids by what a list writes beside a video, where that is not the name of a class. */
  classesOfLabel?(label: string): number[] | null;
  /** What an id must look like, for messages. */
  form: string;
  /**
   * The id in the name of a file of this data set; null where the name is of another form. Without
   * it names are read as those of any file.
   */
  idIn?(fileName: string): string | null;
  /** What the official lists hold; null for the user's own. */
  splits: Record<Split, SplitCount> | null;
  /** Crops of a snippet in the feature sets in circulation. */
  crops: readonly number[];
  /** How the snippets of those sets lie over the frames. */
  grid: string;
  groundTruth: GroundTruthOf;
  /**
   * Label of the one segment of a normal video in the official detection mAP: on UCF-Crime none of
   * the classes, so that Normal never counts; on XD-Violence Normal itself.
   */
  normalSegment: string;
  lists: readonly KnownList[];
  /** Feature sets by the names of their folders. */
  variants?: Readonly<Record<string, FeatureVariant>>;
}

/** How the frame ground truth of a data set comes about. */
export interface GroundTruthOf {
  /** Annotated events; null where the data set has frame masks alone. */
  annotations: AnnotationForm | null;
  /** The rule by which events become labels, given the one that is configured. */
  rule(configured: GroundTruthRule): EventRule;
  /** Whether annotations and masks may lack a test video, since nothing happens in it. */
  mayLack(videoId: string): boolean;
  /**
   * How stored labels of a video are laid over T snippets of P frames; without it they are taken
   * as they are. `mask` is null for a video that may lack one.
   */
  masks?: {
    name: string;
    lay(
      videoId: string,
      mask: GroundTruth | null,
      snippets: number,
      perSnippet: number,
    ): GroundTruth;
  };
}

/** The files in which a data set has its events. */
export interface AnnotationForm {
  /** @throws {SyntaxError} a fault: text of another form */
  parse(text: string, name: string): Annotation[];
  /** Whether the same events go about as a folder of MATLAB files, one a video. */
  matlab: boolean;
}
