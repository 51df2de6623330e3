/** Requests to the Hub: redirects, refusals in the user's words, and patience. */

import { fault } from "../fault.ts";
import { type HubPlace, repoPage } from "./hub_place.ts";

/** Attempts of a request that the server is too busy for, or that fails on the way. */
const ATTEMPTS = 5;
const MOST_REDIRECTS = 5;
/** Seconds before the second attempt, doubled for each further one; the server may ask for more. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 300;

/** Waits some seconds; tests do not. */
export type Pause = (seconds: number) => Promise<void>;

export const pause: Pause = (seconds) =>
  new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/** Waits before the next attempt, and refuses when there were enough. */
export async function waitFor(attempt: number, reason: string, what: string, wait: Pause) {
  if (attempt + 1 >= ATTEMPTS) {
    throw fault(
      Error,
      `Cannot download ${what}: ${reason}, after ${ATTEMPTS} attempts; run the command again, it goes on where it stopped`,
    );
  }
  await wait(FIRST_PAUSE * 2 ** attempt);
}

/**
 * Sends a request and follows redirects; the token goes to the Hub's own host alone.
 *
 * @param stopAtOther whether a redirect to another host is the answer
 * @throws {Error} a fault: refused, or failed after several attempts
 */
export async function request(
  place: HubPlace,
  url: string,
  init: { method?: string; headers?: Record<string, string> },
  { stopAtOther = false, wait = pause }: { stopAtOther?: boolean; wait?: Pause } = {},
): Promise<Response> {
  const what = `"${place.repo}" from ${place.endpoint}`;
  for (let attempt = 0;; attempt++) {
    let response: Response;
    try {
      response = await followed(place, url, init, stopAtOther);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // fetch's own
      await waitFor(attempt, `no connection (${error.message})`, what, wait);
      continue;
    }
    if (response.status !== 429 && response.status < 500) return response;
    await response.body?.cancel();
    const asked = Number(response.headers.get("Retry-After"));
    if (asked > 0 && attempt + 1 < ATTEMPTS) await wait(Math.min(asked, LONGEST_PAUSE));
    else await waitFor(attempt, `the server answers ${response.status}`, what, wait);
  }
}

async function followed(
  { endpoint, token }: HubPlace,
  first: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> },
  stopAtOther: boolean,
): Promise<Response> {
  const { host } = new URL(endpoint);
  let url = first;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const own = new URL(url).host === host;
    const authorization: Record<string, string> = own && token !== null
      ? { Authorization: `Bearer ${token}` }
      : {};
    const response = await fetch(url, {
      method,
      redirect: "manual",
      headers: { ...headers, ...authorization, "Accept-Encoding": "identity" },
    });
    const location = response.headers.get("Location");
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    const next = new URL(location, url);
    if (stopAtOther && next.host !== host) return response;
    await response.body?.cancel();
    url = next.href;
  }
  throw fault(Error, `Cannot download "${first}": it is redirected without an end; try --mirror`);
}

/** @throws {Error} a fault where the Hub refuses, with what to do */
export function refuseErrors({ status, headers }: Response, place: HubPlace, path: string): void {
  if (status < 400) return;
  const code = headers.get("X-Error-Code");
  const { repo, revision, endpoint, token } = place;
  const reason = code === "EntryNotFound"
    ? `it has no file "${path}"; see its page, ${repoPage(place)}`
    : code === "RevisionNotFound"
    ? `it has no revision "${revision}"; give another --revision`
    : code === "GatedRepo"
    ? `its owner asks for an agreement; accept it on ${repoPage(place)}, and set HF_TOKEN`
    : status === 401 || status === 403
    ? token === null
      ? "there is none of this name, or it is private: check the name, or set HF_TOKEN"
      : "there is none of this name, or your token may not read it; check both"
    : `the server answers ${status}${status === 404 ? ", not found; check the name" : ""}`;
  throw fault(Error, `Cannot download "${repo}" from ${endpoint}: ${reason}`);
}
