/** A headless Chromium driven over its DevTools protocol, for tests of pages. */

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Path of the browser, or null: tests of pages are then ignored. */
export const chromium: string | null = find();

function find(): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
      } catch (error) {
        if (
          !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)
        ) {
          throw error;
        }
      }
    }
  }
  return null;
}

if (chromium === null) {
  console.warn(`Tests of pages in a browser are ignored: no ${NAMES.join(", ")} on PATH`);
}

type Message = {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: unknown;
};

/** What a page said and asked for while it was open. */
export interface PageEvents {
  /** Texts of console errors and warnings, and of exceptions that nothing caught. */
  complaints: string[];
  /** Addresses that the page asked for. */
  requests: string[];
}

/** An open page. */
export class Page {
  readonly events: PageEvents = { complaints: [], requests: [] };
  #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #listeners = new Map<string, (() => void)[]>();
  #next = 1;

  constructor(readonly socket: WebSocket) {
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The browser is gone"));
    };
  }

  #hear({ id, method, params, result, error }: Message) {
    if (id !== undefined) {
      const call = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error !== undefined) call?.reject(new Error(JSON.stringify(error)));
      else call?.resolve(result);
      return;
    }
    // deno-lint-ignore no-explicit-any -- events of the protocol, each of its own shape
    const event = params as any;
    if (method === "Runtime.exceptionThrown") {
      const { text, exception } = event.exceptionDetails;
      this.events.complaints.push(exception?.description ?? text);
    } else if (method === "Runtime.consoleAPICalled" && /error|warning|assert/.test(event.type)) {
      this.events.complaints.push(JSON.stringify(event.args));
    } else if (method === "Log.entryAdded" && /error|warning/.test(event.entry.level)) {
      this.events.complaints.push(event.entry.text);
    } else if (method === "Network.requestWillBeSent") {
      this.events.requests.push(event.request.url);
    }
    for (const resolve of this.#listeners.get(method ?? "") ?? []) resolve();
    this.#listeners.delete(method ?? "");
  }

  /** One call of the protocol. */
  // deno-lint-ignore no-explicit-any -- results of the protocol, each of its own shape
  call(method: string, params: Record<string, unknown> = {}): Promise<any> {
    const id = this.#next++;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(id, answer);
    this.socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  }

  #once(method: string): Promise<void> {
    return new Promise((resolve) => {
      this.#listeners.set(method, [...this.#listeners.get(method) ?? [], resolve]);
    });
  }

  /** Opens an address and waits until it has loaded and was painted. */
  async open(url: string): Promise<void> {
    const loaded = this.#once("Page.loadEventFired");
    await this.call("Page.navigate", { url });
    await loaded;
    await this.settle();
  }

  /** Waits for two frames: resize observers and drawing are then done. */
  async settle(): Promise<void> {
    await this.evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))",
    );
  }

  /** Width and height in CSS pixels, and the colour scheme. */
  async show(width: number, height: number, scheme: "light" | "dark", scale = 1): Promise<void> {
    await this.call("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile: width < 600,
    });
    await this.call("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
  }

  /** The value of an expression in the page; promises are awaited. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /** Presses and releases a key by its DOM name. */
  async press(key: string): Promise<void> {
    const codes: Record<string, number> = { ArrowRight: 39, ArrowLeft: 37, ArrowDown: 40, Tab: 9 };
    const common = { key, code: key, windowsVirtualKeyCode: codes[key] ?? 0 };
    await this.call("Input.dispatchKeyEvent", { type: "keyDown", ...common });
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...common });
  }
}

/** Runs `use` with a page of a fresh browser; the browser and its files are gone afterwards. */
export async function withPage(use: (page: Page) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wsvad_browser_" });
  const browser = new Deno.Command(chromium!, {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
      "--no-first-run",
      `--user-data-dir=${folder}`,
      "--remote-debugging-port=0",
      "about:blank",
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const socket = await connect(folder);
    try {
      const page = new Page(socket);
      for (const domain of ["Page", "Runtime", "Log", "Network"]) {
        await page.call(`${domain}.enable`);
      }
      await use(page);
    } finally {
      const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
      socket.close();
      await closed;
    }
  } finally {
    browser.kill("SIGKILL");
    await browser.status;
    await removeSoon(folder);
  }
}

/** Finds the address that the browser writes into its folder, and the page behind it. */
async function connect(folder: string): Promise<WebSocket> {
  for (let attempt = 0;; attempt++) {
    try {
      const [port] = (await Deno.readTextFile(`${folder}/DevToolsActivePort`)).split("\n");
      const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
      const target = targets.find((target: { type: string }) => target.type === "page");
      const socket = new WebSocket(target.webSocketDebuggerUrl);
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = reject;
      });
      return socket;
    } catch (error) {
      if (attempt > 300) throw error; // 30 s: starts slowly on a busy machine
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** The browser's own children may still write for a moment after it was killed. */
async function removeSoon(folder: string): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      return await Deno.remove(folder, { recursive: true });
    } catch (error) {
      if (attempt > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
