import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { Claims, CLAIMS_FOLDER, STALE_MS } from "../../src/extract/claims.ts";
import { withFolder } from "../support/temporary_folder.ts";

Deno.test("Claims: one process has a video, a void claim is taken over, an own one is given back", () =>
  withFolder((folder) => {
    {
      using one = new Claims(folder), other = new Claims(folder);
      assert(one.take("a"));
      assert(!other.take("a"));
      assert(other.take("b"));
      assertEquals([one.others("a"), one.others("b") !== null], [null, true]);
      other.release("b");
      assert(one.take("b"));
      const later = Date.now() + STALE_MS + 60_000;
      assert(other.take("a", later));
      assert(!one.take("a"));
    }
    assertEquals([...Deno.readDirSync(folder)], []);
    return Promise.resolve();
  }));

Deno.test("Claims: what a process leaves when it ends is taken by one that has no claim meanwhile", () =>
  withFolder((folder) => {
    using waiting = new Claims(folder);
    {
      using other = new Claims(folder);
      assert(other.take("a"));
      assert(!waiting.take("a"));
    }
    assert(waiting.take("a"));
    return Promise.resolve();
  }));

Deno.test("Claims: a process of this machine that is gone leaves its videos at once, of another after a time", () =>
  withFolder((folder) => {
    const here = { host: "here", boot: "1" };
    using claims = new Claims(folder, here);
    const path = join(folder, CLAIMS_FOLDER, "v");
    const left = (owner: Record<string, unknown>) =>
      Deno.writeTextFileSync(path, JSON.stringify({ pid: 1, ...here, held: true, ...owner }));
    const taken = () => {
      const had = claims.take("v");
      if (had) claims.release("v");
      return had;
    };
    left({});
    {
      using file = Deno.openSync(path, { write: true });
      file.lockSync(true); // its process lives
      assert(!taken());
    }
    assert(taken());
    left({ boot: "0" }); // the machine was started anew since
    assert(taken());
    for (const owner of [{ host: "there" }, { host: null }, { held: false }]) {
      left(owner);
      assert(!taken(), JSON.stringify(owner));
    }
    Deno.writeTextFileSync(path, ""); // its process may be about to write it
    assert(!taken());
    return Promise.resolve();
  }));
