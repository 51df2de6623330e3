/**
 * A real Slurm of one node for tests, with munge and without systemd: its processes are children of
 * the test, its state lies in a folder of its own. Needs root and Debian's slurm-wlm and munge.
 */

import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const PROGRAMS = ["/usr/sbin/munged", "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/bin/sbatch"];

/** Whether this machine can run one. */
export const hasSlurm = Deno.build.os === "linux" && Deno.uid() === 0 && PROGRAMS.every(existsSync);

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class OneNodeSlurm implements AsyncDisposable {
  readonly #folder: string;
  readonly #children = new Map<string, Deno.ChildProcess>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** For the environment of whoever calls Slurm's commands. */
  get environment(): Record<string, string> {
    return { SLURM_CONF: join(this.#folder, "slurm.conf") };
  }

  /** @param cpus tasks that run at once */
  static async start(folder: string, cpus: number): Promise<OneNodeSlurm> {
    const slurm = new OneNodeSlurm(folder);
    try {
      await slurm.#start(cpus);
      return slurm;
    } catch (error) {
      await slurm[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(cpus: number): Promise<void> {
    const at = (name: string) => join(this.#folder, name);
    for (const name of ["state", "spool", "munge"]) Deno.mkdirSync(at(name), { mode: 0o755 });
    Deno.chmodSync(this.#folder, 0o755); // munged refuses folders that others may write
    const key = crypto.getRandomValues(new Uint8Array(1024));
    Deno.writeFileSync(at("munge/key"), key, { mode: 0o400 });
    Deno.writeTextFileSync(at("slurm.conf"), settings(this.#folder, cpus));
    const munge = ["key-file", "socket", "pid-file", "log-file", "seed-file"].map((name) =>
      `--${name}=${at(`munge/${name.split("-")[0]}`)}`
    );
    await this.#spawn("munged", ["--foreground", "--force", "--num-threads=2", ...munge]);
    while (!existsSync(at("munge/socket"))) await sleep(50);
    await this.#spawn("slurmctld", ["-D", "-c", "-f", at("slurm.conf")]);
    await this.startNode();
    await this.#until(
      "the node is idle",
      async () => (await this.call("sinfo", "-h", "-o", "%t")).trim() === "idle",
    );
  }

  /** Starts slurmd again after {@link killNode}. */
  async startNode(): Promise<void> {
    await this.#spawn("slurmd", ["-D", "-N", hostname(), "-f", join(this.#folder, "slurm.conf")]);
  }

  /** Ends slurmd and everything that it runs at once, as a power cut does. */
  async killNode(): Promise<void> {
    const daemon = this.#children.get("slurmd")!;
    const below = descendants(daemon.pid);
    // Its step daemons belong to nobody: they are found by their spool folder.
    const steps = processes().filter(({ pid, command }) =>
      command.startsWith("slurmstepd") && environmentHas(pid, this.#folder)
    ).map(({ pid }) => pid);
    const all = new Set([daemon.pid, ...below, ...steps, ...steps.flatMap(descendants)]);
    for (const pid of all) kill(pid, "SIGKILL");
    await daemon.status;
    this.#children.delete("slurmd");
  }

  /** Output of one of Slurm's commands. */
  async call(name: string, ...args: string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command(name, {
      args,
      env: this.environment,
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (!success) throw new Error(`${name} ${args.join(" ")}: ${text(stderr)}`);
    return text(stdout);
  }

  /** Waits until it is so; the error after a minute and a half shows the queue. */
  async #until(what: string, is: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 90_000; Date.now() < end; await sleep(200)) {
      if (await is().catch(() => false)) return;
    }
    const log = (name: string) => Deno.readTextFileSync(join(this.#folder, name)).slice(-2000);
    throw new Error(`Waited for: ${what}\n${log("slurmctld.log")}\n${log("slurmd.log")}`);
  }

  async #spawn(name: string, args: string[]): Promise<void> {
    const child = new Deno.Command(`/usr/sbin/${name}`, {
      args,
      env: this.environment,
      ...{ stdin: "null", stdout: "null", stderr: "null" },
    }).spawn();
    this.#children.set(name, child);
    await sleep(100);
  }

  /** Ends the jobs and then the daemons, each by its own number. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.call("scancel", "--me");
      for (let i = 0; i < 50 && (await this.call("squeue", "-h")).trim() !== ""; i++) {
        await sleep(200);
      }
    } catch {
      // The controller is gone already.
    }
    if (this.#children.has("slurmd")) await this.killNode();
    for (const child of [...this.#children.values()].reverse()) {
      kill(child.pid, "SIGTERM");
      const timer = setTimeout(() => kill(child.pid, "SIGKILL"), 5000);
      await child.status;
      clearTimeout(timer);
    }
    this.#children.clear();
  }
}

function settings(folder: string, cpus: number): string {
  const host = hostname();
  const [controller, node] = [freePort(), freePort()];
  return `ClusterName=wsvad
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/slurmd.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmdLogFile=${folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
JobRequeue=1
ReturnToService=2
KillWait=5
SlurmdTimeout=10
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cpus} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverTimeLimit=0
`;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function processes(): { pid: number; parent: number; command: string }[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      const [, parent] = /\) \S (\d+)/.exec(stat)!;
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      return [{ pid: Number(name), parent: Number(parent), command }];
    } catch {
      return []; // no process, or one that has ended
    }
  });
}

function environmentHas(pid: number, text: string): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`).includes(text);
  } catch {
    return false;
  }
}

function descendants(pid: number): number[] {
  const all = processes();
  const below = (of: number): number[] =>
    all.filter(({ parent }) => parent === of).flatMap((child) => [child.pid, ...below(child.pid)]);
  return below(pid);
}
