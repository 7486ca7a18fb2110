// Types of the page's script that are not in the JSON it reads. Those in the JSON, and the elements
// of its HTML, are declared in build/data.d.ts, which check.py writes.

import type * as data from "./build/data";

declare global {
  type PageData = data.PageData;
  type PageElements = data.PageElements;
  type Flag = data.Flag;
  type Histogram = data.Histogram;
  type Passage = data.Passage;
  type NotedSegment = data.NotedSegment;

  /** A cue of the report with the fields that model.js adds. */
  interface Cue extends data.ReportCue {
    language: Language;
    /** The cue's name in the page's address, such as `hi-123`. */
    id: string;
    flags: Flag[];
    points: number;
    /** Index of the cue's passage. */
    passage: number;
    /** The text that the filter searches, once it was needed. */
    searchText?: string;
  }

  interface Language extends data.LanguageReport {
    cues: Cue[];
  }

  /** The fields of a cue that have a histogram. */
  type HistogramField = data.LanguageReport["speed_of"] | "duration_ms";

  /** The cues of one bar of a histogram: `from` <= value < `to`. */
  interface FilterRange {
    tag: string;
    field: HistogramField;
    from: number;
    to: number;
    name: string;
  }

  /** The cues that the lists show: all, where every field is empty. */
  interface CueFilter {
    text: string;
    /** A key such as `rule:speed`, or `any`. */
    flag: string;
    range: FilterRange | null;
  }

  interface KeyBinding {
    keys: string[];
    label: string;
    description: string;
    act: () => void;
  }

  /** A canvas's context with its size in CSS pixels. */
  interface Drawing {
    context: CanvasRenderingContext2D;
    width: number;
    height: number;
  }

  type AttributeValue = string | number | boolean | null | undefined;
}
