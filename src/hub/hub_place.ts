/**
 * Where the Hub is and what it keeps here, by the environment variables of its own programs: its
 * cache folder is shared with them.
 *
 * Source: huggingface/huggingface_hub, "Environment variables" and "Understand caching".
 */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { readTextSync } from "../io/read_file.ts";

/** A repository of a data set, or of a model, at one of its revisions, and how to reach it. */
export interface HubPlace {
  kind: "dataset" | "model";
  /** `<owner>/<name>`. */
  repo: string;
  revision: string;
  /** Without a slash at its end. */
  endpoint: string;
  token: string | null;
  /** The folder of all repositories. */
  cache: string;
}

/**
 * @param mirror goes before HF_ENDPOINT
 * @param environment the process's own, but for tests
 */
export function hubPlace(
  repo: string,
  revision: string,
  mirror?: string,
  kind: HubPlace["kind"] = "dataset",
  environment: (name: string) => string | undefined = (name) => Deno.env.get(name),
): HubPlace {
  const get = (name: string) => environment(name) || undefined;
  const home = get("HF_HOME") ?? join(homedir(), ".cache", "huggingface");
  const endpoint = mirror ?? get("HF_ENDPOINT") ?? "https://huggingface.co";
  return {
    kind,
    repo,
    revision,
    endpoint: endpoint.replace(/\/+$/, ""),
    token: get("HF_TOKEN") ?? storedToken(get("HF_TOKEN_PATH") ?? join(home, "token")),
    cache: get("HF_HUB_CACHE") ?? join(home, "hub"),
  };
}

function storedToken(path: string): string | null {
  return existsSync(path) ? readTextSync(path).trim() || null : null;
}

/** The folder of a repository in the cache. */
export function repoFolder({ cache, repo, kind }: HubPlace): string {
  return join(cache, `${kind}s--${repo.replaceAll("/", "--")}`);
}

/** The page of a repository, below which its files are. */
export function repoPage({ endpoint, repo, kind }: HubPlace): string {
  return `${endpoint}/${kind === "dataset" ? "datasets/" : ""}${repo}`;
}
