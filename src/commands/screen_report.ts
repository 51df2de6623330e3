/** What `wsvad data screen` finds: areas under ROC curves, and what they say together. */

/** An area under the ROC curve, and its 95 % interval over videos. */
export interface ScreenedAuc {
  auc: number;
  low: number;
  high: number;
}

export interface ScreenReport {
  /** What was screened, as one line. */
  features: string;
  videos: { train: number; test: number };
  snippets: number;
  /** Over test frames: the mean L2 norm of a snippet's crops. */
  magnitude: ScreenedAuc | null;
  /** Over test frames: the distance from the mean snippet of normal test videos. */
  content: ScreenedAuc | null;
  /** Over test snippets: five probes on frame labels, each on the videos it has not seen. */
  probe: ScreenedAuc | null;
  /** Over training videos: five probes on video labels, each on the videos it has not seen. */
  videoProbe: ScreenedAuc | null;
  /** Over test frames: a probe on the labels of all training videos. */
  weakProbe: ScreenedAuc | null;
  /** Whether any of them is away from chance. */
  signal: boolean;
  verdict: string;
  warnings: string[];
}

/**
 * An area counts as no chance where it is so many times as far from 0.5 as its interval reaches,
 * and at least so far: with five areas 95 % is too often passed by chance, and the interval of a
 * probe does not count that it was fitted to few videos.
 */
const SURE = 1.5, SURE_OF_PROBE = 2.5, LEAST = 0.03;

type Areas = Pick<
  ScreenReport,
  "magnitude" | "content" | "probe" | "videoProbe" | "weakProbe"
>;

const NAMES: Record<keyof Areas, string> = {
  magnitude: "magnitude",
  content: "distance from normal",
  probe: "the probe on frame labels",
  videoProbe: "the probe on video labels",
  weakProbe: "the probe on training videos",
};

/** Which of the areas are away from chance, in words. */
export function verdictOf(areas: Areas): Pick<ScreenReport, "signal" | "verdict"> {
  const told = (Object.keys(NAMES) as (keyof Areas)[]).filter((key) => {
    const found = areas[key];
    if (found === null) return false;
    // An inverted ranking is one, too; a probe below chance on videos it has not seen is chance.
    const above = found.auc > 0.5, fitted = /probe/i.test(key);
    if (!above && fitted) return false;
    const reach = above ? found.auc - found.low : found.high - found.auc;
    return Math.abs(found.auc - 0.5) > Math.max(LEAST, (fitted ? SURE_OF_PROBE : SURE) * reach);
  });
  if (told.length === 0) {
    return {
      signal: false,
      verdict:
        "no signal was found: each of these is what chance gives, so a method that works must " +
        "find what no single snippet shows; look at the features (wsvad data check) and train for " +
        "some hundred steps before days",
    };
  }
  const best = told.reduce((a, b) =>
    Math.abs(areas[a]!.auc - 0.5) >= Math.abs(areas[b]!.auc - 0.5) ? a : b
  );
  return {
    signal: true,
    verdict: `the features can work: ${told.map((key) => NAMES[key]).join(", ")} ${
      told.length === 1 ? "tells" : "tell"
    } anomalies from the rest (best: ${NAMES[best]}, ${
      areas[best]!.auc.toFixed(3)
    }); sets are ranked by this, what a method reaches is seen by training`,
  };
}
