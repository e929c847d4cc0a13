/* What forms gain from script; each works without. */

const DRAFT = "covershare-draft:";
const SENT = "covershare-sent";

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const isField = (element: Element): element is Field =>
  element instanceof HTMLInputElement || element instanceof HTMLSelectElement || element instanceof HTMLTextAreaElement;

/** What somebody typed or chose; tokens and passwords are never kept. */
const draftFields = (form: HTMLFormElement): Field[] =>
  [...form.elements]
    .filter(isField)
    .filter(({ type, name }) => name !== "" && type !== "hidden" && type !== "password");

const isTicked = (field: Field): boolean | undefined =>
  field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type) ? field.checked : undefined;

/** What `field` would be kept as; some are named by a day, and what was meant for it must not land on another. */
const kept = (field: Field, value: string): string => `${field.name}=${value}`;

/** In the order of the form, since boxes of one question share a name. */
const saveDraft = (form: HTMLFormElement, name: string): void => {
  const values = draftFields(form).map((field) => kept(field, String(isTicked(field) ?? field.value)));
  sessionStorage.setItem(DRAFT + name, JSON.stringify(values));
};

const restoreDraft = (form: HTMLFormElement, name: string): void => {
  const draft = sessionStorage.getItem(DRAFT + name);
  if (draft === null || document.querySelector(".nhsuk-error-summary") !== null) return;
  const values: unknown = JSON.parse(draft);
  const fields = draftFields(form);
  if (!Array.isArray(values) || values.length !== fields.length) return sessionStorage.removeItem(DRAFT + name);
  for (const [at, field] of fields.entries()) {
    const saved: unknown = values[at];
    if (typeof saved !== "string" || !saved.startsWith(kept(field, ""))) continue;
    const value = saved.slice(kept(field, "").length);
    if (field instanceof HTMLInputElement && isTicked(field) !== undefined) field.checked = value === "true";
    else field.value = value;
  }
};

/** A draft survives an interruption and a lost session; it goes once what was sent has led to another page. */
const keepDrafts = (): void => {
  const forms = [...document.querySelectorAll<HTMLFormElement>("form[data-draft]")];
  const sent = sessionStorage.getItem(SENT);
  const isStillHere = forms.some((form) => form.dataset["draft"] === sent);
  if (sent !== null && !isStillHere && location.pathname !== "/sign-in") {
    sessionStorage.removeItem(DRAFT + sent);
    sessionStorage.removeItem(SENT);
  }
  for (const form of forms) {
    const name = form.dataset["draft"] ?? "";
    restoreDraft(form, name);
    form.addEventListener("input", () => saveDraft(form, name));
    form.addEventListener("submit", () => sessionStorage.setItem(SENT, name));
  }
};

/** A second press within three seconds is the same press; the server would give its first answer anyway. */
const ignoreDoubles = (): void => {
  const sentAt = new WeakMap<HTMLFormElement, number>();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    const now = Date.now();
    if (now - (sentAt.get(form) ?? 0) < 3_000) event.preventDefault();
    else sentAt.set(form, now);
  });
};

const COUNT_AFTER_MS = 400;

/**
 * What a form would come to, shown while it is filled in: the slots of *Publish clinic* (C1), who has room for *Ask for
 * cover*. `into` is the id of the part of the page that the answer replaces.
 */
const countWhileTyping = (form: HTMLFormElement, url: string, into: string): void => {
  const shown = document.getElementById(into);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const count = async (): Promise<void> => {
    asked += 1;
    const mine = asked;
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    const response = await fetch(url, { method: "POST", body, headers: { "x-fragment": "1", accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = response.ok ? page.getElementById(into) : null;
    // An answer that was overtaken by the next question says nothing any more.
    if (shown !== null && mine === asked) shown.replaceChildren(...(fresh === null ? [] : [...fresh.childNodes]));
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void count().catch(() => shown?.replaceChildren()), COUNT_AFTER_MS);
  });
};

export const improveForms = (): void => {
  const important = document.querySelector<HTMLElement>("[data-focus]");
  important?.focus();
  keepDrafts();
  ignoreDoubles();
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-count-from]"))
    countWhileTyping(form, form.dataset["countFrom"] ?? "", form.dataset["countInto"] ?? "slot-count");
};
