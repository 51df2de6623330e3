/** What the system refused where nobody on the way has said what it was for. */

import { isFault } from "../fault.ts";
import { fileFault } from "./file_system.ts";

/** What was attempted, by the name of the call. */
const ATTEMPTS: Record<string, string> = {
  readdir: "Cannot list the folder",
  scandir: "Cannot list the folder",
  mkdir: "Cannot make the folder",
  readfile: "Cannot read",
  writefile: "Cannot write",
  remove: "Cannot remove",
  unlink: "Cannot remove",
  rm: "Cannot remove",
  rmdir: "Cannot remove",
  rename: "Cannot rename",
  copy: "Cannot copy",
  copyfile: "Cannot copy",
  symlink: "Cannot link",
  link: "Cannot link",
};

/** How Deno and Node end a message: `stat 'a'`, `rename 'a' -> 'b'`. */
const CALL = /[:,] (?<name>[a-z]+) '(?<path>.*?)'(?: -> '(?<target>.*)')?$/s;

/**
 * The fault for an error of the system that was not told in the words of what it stopped, with the
 * call and the path that the error itself names: no refusal of the system is a bug. Other errors
 * come back as they are.
 */
export function untoldRefusal(error: unknown): unknown {
  if (isFault(error)) return error; // told, also where it ends with the system's own words
  if (error instanceof Deno.errors.NotCapable) return error; // not the system's: Deno's
  const { name, path, target } = error instanceof Error && CALL.exec(error.message)?.groups || {};
  if (name === undefined) return fileFault(error, "Cannot go on");
  const places = target === undefined ? `"${path}"` : `"${path}" to "${target}"`;
  return fileFault(error, `${ATTEMPTS[name] ?? "Cannot open"} ${places}`);
}
