/** Names that say that a model was tuned on the videos on which methods are compared. */

/** The data sets whose test videos are scored, as names of models spell them. */
const DATA_SETS: [name: string, spelt: RegExp][] = [
  ["UCF-Crime", /ucf[-_ ]?crimes?/i],
  ["XD-Violence", /xd[-_ ]?violence/i],
  ["ShanghaiTech", /shanghai[-_ ]?tech/i],
  ["data of anomalies", /anomaly[-_ ]?detection/i], // nvidia/Cosmos-Embed1-448p-anomaly-detection
];

/** Such a name speaks of tuning: a folder of a data set may hold weights that never saw it. */
const TUNED = /tuned?([^a-z]|$)|[-_]ft([^a-z]|$)|cosmos-embed/i;

/** The data set that a text names; null where it names none of those. */
export function setNamedIn(text: string): string | null {
  return DATA_SETS.find(([, spelt]) => spelt.test(text))?.[0] ?? null;
}

/** The data set that a name says a model was tuned on; null where it says nothing of it. */
export function tunedOn(name: string): string | null {
  return TUNED.test(name) ? setNamedIn(name) : null;
}
