/** What doctor says of one thing that it looked at. */
export interface DoctorCheck {
  /** What it is about: "adapter", "BLAS", "WsvadL2Norm". */
  name: string;
  /** "missing" is no failure: the tool works without it. */
  status: "ok" | "missing" | "warning" | "failed";
  found: string;
  /** One of many, of which a person reads a summary unless it failed. */
  detail?: boolean;
  /** How to mend it. */
  advice?: string;
}
