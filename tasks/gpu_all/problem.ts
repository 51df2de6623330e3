/** What a report of doctor, verify or bench says is wrong. */

import type { DoctorCheck } from "../../src/commands/doctor/doctor_check.ts";
import type { CaseReport } from "../../src/commands/run_verify.ts";

interface Reports {
  error?: unknown;
  checks?: DoctorCheck[];
  cases?: CaseReport[];
}

/** In a line; null where it names nothing. */
export function problemIn(report: unknown): string | null {
  const { error, checks = [], cases = [] } = (report ?? {}) as Reports;
  if (error !== undefined) {
    const { message = error } = error as { message?: unknown };
    return typeof message === "string" ? message : JSON.stringify(message);
  }
  const wrong = [
    ...checks.filter(({ status }) => status === "failed")
      .map(({ name, found }) => `${name}: ${found}`),
    ...cases.filter(({ ok }) => !ok).map(({ folder, error, tensors }) => {
      const off = tensors.filter(({ ok }) => !ok).map(({ name, difference, limit, note }) =>
        `${name} ${difference === null ? note : `off by ${difference}, limit ${limit}`}`
      );
      return `${folder}: ${error ?? `${off.length} of ${tensors.length} wrong, ${off[0]}`}`;
    }),
  ];
  return wrong.length > 0 ? wrong.join("; ") : null;
}
