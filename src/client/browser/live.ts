import { openStream, type StreamState } from "../stream-client.ts";
import { follow } from "./regions.ts";

/** Between two readings of the page: events that come together are shown together. */
const GAP_MS = 80;

interface Fresh {
  readonly page: Document;
  readonly offset: number;
}

/** The page's own part as it is now. Throws where the server does not answer with it, for example once signed out. */
const fetchFresh = async (): Promise<Fresh> => {
  const headers = { "x-fragment": "1", accept: "text/html", ...(document.hidden ? { "x-hidden": "1" } : {}) };
  const response = await fetch(location.href, { headers });
  if (!response.ok) throw new Error(`The page answered ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, offset: Number(page.body.dataset["offset"] ?? "0") };
};

const statusWords = (state: StreamState, isFresh: boolean, shownAt: string): string => {
  if (state === "live" && isFresh) return "Live";
  if (state === "ended") return `Signed out: load the page again to sign in. Showing ${shownAt}`;
  return state === "reconnecting" ? `Reconnecting. Showing ${shownAt}` : `Showing ${shownAt}`;
};

/** Says it politely; cleared first, so that the same words are spoken again. */
const announce = (texts: readonly string[]): void => {
  const line = document.getElementById("announcements");
  if (line === null || texts.length === 0) return;
  line.textContent = "";
  setTimeout(() => {
    line.textContent = texts.slice(0, 3).join(". ");
  }, 50);
};

/** Follows the stream and keeps the live parts of this page as the server would show them. */
export const goLive = (): void => {
  const { offset } = document.body.dataset;
  const status = document.getElementById("live-status");
  if (offset === undefined || status === null) return;
  let shownAt = status.textContent.replace(/^\D*/, "");
  let state: StreamState = "connecting";
  /** Something happened that is not shown yet. */
  let isDue = false;
  let isReading = false;

  const show = (): void => {
    // A line that broke is silent for a while before the stream gives it up; the browser often knows at once.
    const seems = state === "live" && !navigator.onLine ? "reconnecting" : state;
    const words = statusWords(seems, !isDue && !isReading, shownAt);
    if (status.textContent !== words) status.textContent = words;
    status.dataset["state"] = words === "Live" ? "live" : seems === "live" || seems === "connecting" ? "still" : "lost";
  };

  const read = async (): Promise<number> => {
    const fresh = await fetchFresh();
    announce(follow(fresh.page));
    if (document.title !== fresh.page.title) document.title = fresh.page.title;
    shownAt = fresh.page.body.dataset["now"] ?? shownAt;
    return fresh.offset;
  };

  const refresh = async (): Promise<void> => {
    isDue = true;
    if (isReading) return;
    isReading = true;
    try {
      while (isDue) {
        isDue = false;
        await read();
        await new Promise((resolve) => setTimeout(resolve, GAP_MS));
      }
    } catch {
      // Offline or signed out: the stream's own state says so, and the next event or reconnection reads again.
      isDue = true;
    } finally {
      isReading = false;
      show();
    }
  };

  const stream = openStream({
    url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/stream`,
    after: Number(offset),
    onEvent: () => void refresh(),
    onReset: async () => read(),
    onStatus: (now) => {
      const wasLost = state === "reconnecting";
      ({ state } = now);
      show();
      if (state === "live" && (wasLost || isDue)) void refresh();
    },
  });
  window.addEventListener("offline", show);
  window.addEventListener("online", () => {
    stream.wake();
    void refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    stream.wake();
    void refresh();
  });
  // A page that comes back from the browser's cache is as old as when it was left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
};
