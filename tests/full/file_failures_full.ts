import { failAtEachCall } from "../crash/file_failures.ts";

// All calls take four times as long: tests/long/resume_long.ts.
Deno.test("training resumes bit for bit after its files fail at a call, whichever it is", () =>
  failAtEachCall({ every: 4 }));
