const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

const set = (form: HTMLFormElement, name: string, value: string | undefined): void => {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.value = value ?? "";
};

/** Asks the browser for its permission and fills in how it is reached; then the form goes like any other. */
const subscribe = async (form: HTMLFormElement, key: string, worker: string): Promise<boolean> => {
  if ((await Notification.requestPermission()) !== "granted") return false;
  await navigator.serviceWorker.register(worker, { scope: "/" });
  const { pushManager } = await navigator.serviceWorker.ready;
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  const { endpoint, keys } = made.toJSON();
  set(form, "endpoint", endpoint);
  set(form, "p256dh", keys?.["p256dh"]);
  set(form, "auth", keys?.["auth"]);
  return true;
};

/** The button that lets the server push to this browser: shown only where that can work. */
export const offerPush = (): void => {
  const form = document.querySelector<HTMLFormElement>("form[data-push-key]");
  const { pushKey, pushWorker } = form?.dataset ?? {};
  if (form === null || pushKey === undefined || pushWorker === undefined) return;
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void subscribe(form, pushKey, pushWorker)
      .catch(() => false)
      .then((done) => {
        const refused = form.querySelector<HTMLElement>("[data-push-refused]");
        if (done) form.submit();
        else if (refused !== null) refused.hidden = false;
      });
  });
};
