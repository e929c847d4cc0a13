import { holdsFocus, morphChildren, morphNode } from "./morph.ts";

/*
 * The live parts of a page. Each has an id and says by `data-live` how it follows the server:
 * nothing: it becomes what the server shows. keyed: entries come and change; one that is gone says so before it goes.
 * notice: a form that somebody is filling in; it is left alone, and a line says that it has been overtaken.
 */

/** How long an entry that is gone still says so. */
const GONE_MS = 120_000;

const announcementsIn = (root: ParentNode): string[] =>
  [...root.querySelectorAll("[data-announce]")].map((element) => element.getAttribute("data-announce") ?? "");

const note = (text: string): HTMLParagraphElement => {
  const line = document.createElement("p");
  line.className = "cs-gone-note";
  line.textContent = text;
  return line;
};

/** An entry whose offer has ended: its buttons go only when nobody is on them. */
const retire = (entry: Element): void => {
  if (entry.hasAttribute("data-gone")) return;
  entry.setAttribute("data-gone", String(Date.now()));
  entry.classList.add("cs-gone");
  entry.removeAttribute("data-announce");
  const content = entry.querySelector(".nhsuk-card__content") ?? entry;
  content.prepend(note("No longer waiting: it was answered, covered elsewhere, or its time has passed. Thank you."));
  const takeButtons = (): void => {
    if (holdsFocus(entry)) return;
    for (const action of entry.querySelectorAll("form, details, .nhsuk-button-group")) action.remove();
    entry.removeEventListener("focusout", later);
  };
  const later = (): void => void setTimeout(takeButtons);
  entry.addEventListener("focusout", later);
  takeButtons();
};

const followKeyed = (shown: Element, fresh: Element): void => {
  const keys = new Set([...fresh.children].map((child) => child.getAttribute("data-key")));
  for (const child of Array.from(shown.children)) {
    const key = child.getAttribute("data-key");
    if (keys.has(key) || key === "none") continue;
    retire(child);
    const goneAt = Number(child.getAttribute("data-gone"));
    if (Date.now() - goneAt > GONE_MS && !holdsFocus(child)) child.remove();
  }
  let before: Element | null = shown.firstElementChild;
  for (const wanted of fresh.children) {
    const key = wanted.getAttribute("data-key") ?? "";
    const own = [...shown.children].find((child) => child.getAttribute("data-key") === key);
    if (own === undefined) shown.insertBefore(document.importNode(wanted, true), before);
    else {
      morphNode(own, wanted);
      before = own.nextElementSibling;
    }
  }
  const none = shown.querySelector(':scope > [data-key="none"]');
  if (none !== null && !keys.has("none")) none.remove();
};

/** The form stays as it is; what it is about has moved on. */
const followNotice = (shown: Element, fresh: Element | null): void => {
  const isSame = fresh !== null && fresh.getAttribute("data-state") === shown.getAttribute("data-state");
  if (isSame) return morphChildren(shown, fresh);
  if (shown.querySelector(".cs-gone-note") !== null) return;
  const text = shown.getAttribute("data-gone") ?? "This has changed. Load the page again.";
  const line = note(text);
  line.setAttribute("data-announce", text);
  shown.prepend(line);
};

/** Brings every live part up to `fresh`, and returns what is new to say to somebody who cannot see it. */
export const follow = (fresh: Document): string[] => {
  const before = new Set(announcementsIn(document));
  for (const shown of document.querySelectorAll("[data-live][id]")) {
    const match = fresh.getElementById(shown.id);
    const how = shown.getAttribute("data-live");
    if (how === "notice") followNotice(shown, match);
    else if (match === null) continue;
    else if (how === "keyed") followKeyed(shown, match);
    else morphChildren(shown, match);
  }
  return announcementsIn(document).filter((text) => text !== "" && !before.has(text));
};
