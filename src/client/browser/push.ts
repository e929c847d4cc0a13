const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

const set = (form: HTMLFormElement, name: string, value: string | undefined): void => {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.value = value ?? "";
};

type Subscribed = "done" | "refused" | "unavailable";

/** Asks the browser for its permission and fills in how it is reached; then the form goes like any other. */
const subscribe = async (form: HTMLFormElement, key: string, worker: string): Promise<Subscribed> => {
  if ((await Notification.requestPermission()) !== "granted") return "refused";
  await navigator.serviceWorker.register(worker, { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  const { endpoint, keys } = made.toJSON();
  set(form, "endpoint", endpoint);
  set(form, "p256dh", keys?.["p256dh"]);
  set(form, "auth", keys?.["auth"]);
  return "done";
};

const show = (within: HTMLElement, selector: string, isShown: boolean): void => {
  const found = within.querySelector<HTMLElement>(selector);
  if (found !== null) found.hidden = !isShown;
};

const canPush = (): boolean => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** The button that lets the server push to this browser: shown only where that can work. */
const offerSubscribing = (): void => {
  const form = document.querySelector<HTMLFormElement>("form[data-push-key]");
  const { pushKey, pushWorker } = form?.dataset ?? {};
  if (form === null || pushKey === undefined || pushWorker === undefined) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void subscribe(form, pushKey, pushWorker)
      .catch((): Subscribed => "unavailable")
      .then((what) => {
        show(form, "[data-push-refused]", what === "refused");
        show(form, "[data-push-unavailable]", what === "unavailable");
        if (what === "done") form.submit();
      });
  });
};

const markOf = async (endpoint: string): Promise<string> => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** Says which of the listed browsers is this one; to stop telling it then also ends its subscription at its push service. */
const recogniseOwn = async (): Promise<void> => {
  const listed = [...document.querySelectorAll<HTMLFormElement>("form[data-push-mark]")];
  if (listed.length === 0) return;
  const subscription = await (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
  if (subscription === undefined || subscription === null) return;
  const mark = await markOf(subscription.endpoint);
  const form = listed.find((each) => each.dataset["pushMark"] === mark);
  if (form === undefined) return;
  show(form, "[data-push-here]", true);
  show(document.body, "form[data-push-key]", false);
  // Not waited for: what the server is told counts, and a subscription that it does not know is never used.
  form.addEventListener("submit", () => void subscription.unsubscribe().catch(() => false));
};

/** Push on the page of channels, where the browser knows it at all. */
export const offerPush = (): void => {
  if (!canPush()) return;
  offerSubscribing();
  void recogniseOwn().catch(() => undefined);
};
