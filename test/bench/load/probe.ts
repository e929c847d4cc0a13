/*
 * Looks into a server process from inside: memory after a collection, the event loop's delay, processor time, what holds
 * the loop, and a profile. It is loaded before the program (`node --import`), in the product and in the bare server alike,
 * and knows neither. It is sent over as text, so it may use nothing from outside itself.
 */

/** What a process is asked, over its IPC channel. */
export type Question = "memory" | "load" | "profile-start" | "profile-stop";

const probe = async (): Promise<void> => {
  const { isMainThread } = await import("node:worker_threads");
  const { monitorEventLoopDelay } = await import("node:perf_hooks");
  const { Session } = await import("node:inspector/promises");
  if (!isMainThread || process.send === undefined) return;
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  let cpu = process.cpuUsage();
  let sinceMs = performance.now();
  const session = new Session();
  session.connect();

  const memory = (): object => {
    for (let n = 0; n < 3; n += 1) globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, used: heapUsed + external, handles: process.getActiveResourcesInfo().length };
  };
  /** Since it was last asked. The histogram counts the 5 ms of its own timer, which are no delay. */
  const load = (): object => {
    const spent = process.cpuUsage(cpu);
    const ms = performance.now() - sinceMs;
    const delayMs = (share: number): number => Math.max(0, delays.percentile(share) / 1e6 - 5);
    const answer = {
      cpu: (spent.user + spent.system) / 1_000 / ms,
      cpuMs: (spent.user + spent.system) / 1_000,
      p50: delayMs(50),
      p99: delayMs(99),
      max: delayMs(100),
    };
    cpu = process.cpuUsage();
    sinceMs = performance.now();
    delays.reset();
    return answer;
  };
  /** Where the time went: the functions that were on top of the stack most often. */
  const profile = async (): Promise<object> => {
    const { profile: taken } = await session.post("Profiler.stop");
    const own = new Map<string, number>();
    const names = new Map<number, string>();
    for (const { id, callFrame } of taken.nodes) {
      const place = callFrame.url.split("/").slice(-2).join("/");
      names.set(id, `${callFrame.functionName || "(anonymous)"} ${place}:${callFrame.lineNumber + 1}`);
    }
    const samples = taken.samples ?? [];
    for (const id of samples) own.set(names.get(id) ?? "?", (own.get(names.get(id) ?? "?") ?? 0) + 1);
    const top = [...own].sort((left, right) => right[1] - left[1]).slice(0, 14);
    return { top: top.map(([name, count]) => [name, Math.round((count / samples.length) * 1_000) / 10]) };
  };
  const answer = async (what: string): Promise<object> => {
    if (what === "memory") return memory();
    if (what === "load") return load();
    if (what === "profile-stop") return profile();
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    return {};
  };
  process.on("message", (message: { id: number; what: string }) => {
    if (typeof message.what !== "string") return;
    void answer(message.what).then((said) => process.send?.({ id: message.id, said }));
  });
  process.channel?.unref();
};

/** For `node --import`. The compiler that runs the benchmark marks names with a helper, which has to come along. */
export const PROBE = `data:text/javascript,${encodeURIComponent(`globalThis.__name ??= (f) => f; await (${probe.toString()})();`)}`;
