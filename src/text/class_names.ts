/**
 * The names of the classes of the public data sets by class id, Normal first: labels, and what text
 * branches read.
 */

/** UCF-Crime. */
export const ucfClasses = [
  "Normal",
  "Abuse",
  "Arrest",
  "Arson",
  "Assault",
  "Burglary",
  "Explosion",
  "Fighting",
  "RoadAccidents",
  "Robbery",
  "Shooting",
  "Shoplifting",
  "Stealing",
  "Vandalism",
] as const;

/** XD-Violence. */
export const xdClasses = [
  "Normal",
  "Fighting",
  "Shooting",
  "Riot",
  "Abuse",
  "CarAccident",
  "Explosion",
] as const;

/** Own data of two classes. */
export const binaryClasses = ["Normal", "Abnormal"] as const;
