import { newId } from "../../../../src/platform/ids/ids.ts";
import type { Command } from "../commands.ts";
import { asCommand, fillIn, formsOf, type Fields, type PageForm } from "../page-forms.ts";
import { z } from "zod";
import type { Action, Doing } from "./doing.ts";

/* The same people at their pages: whatever form a page shows is filled in and sent, with its token and its key. */

const openRequests = z.looseObject({ items: z.array(z.looseObject({ reference: z.string() })) });

const somePage = async ({ random, hand, client }: Doing): Promise<string> => {
  if (client.seat.kind === "broker") {
    const found = await client.read("/v1/cover-requests?state=open&limit=50", openRequests);
    const reference = random.pick(found?.value.items ?? [])?.reference;
    return reference === undefined ? "/board" : `/board/requests/${reference}`;
  }
  const offer = random.pick([...hand.offers.keys()]);
  const agreement = random.pick([...hand.agreements.keys()]);
  const request = random.pick([...hand.requests, ...hand.returned.map(({ reference }) => reference)]);
  return (
    random.pick([
      "/desk",
      "/desk",
      "/requests/new",
      ...(offer === undefined ? [] : [`/offers/${offer}`]),
      ...(agreement === undefined ? [] : [`/agreements/${agreement}`]),
      ...(request === undefined ? [] : [`/requests/${request}`]),
    ]) ?? "/desk"
  );
};

/** Ask for cover, as short as it may be. */
const newRequest = (form: PageForm, { random }: Doing): Fields => {
  const days = form.controls
    .filter((control) => control.get("name") === "by" && control.get("kind") === "option")
    .flatMap((control) => (control.get("value") === "" ? [] : [control.get("value") ?? ""]))
    .slice(1, 5);
  return {
    service: random.chance(0.8) ? "wound-simple" : "suture",
    count: String(random.whole(1, 3)),
    minutes: "20",
    by: random.pick(days) ?? "",
    maxKm: "32",
    takeFirm: random.chance(0.7) ? "yes" : "no",
    reason: "staff-absence",
  };
};

/** A form that did not come from its page: it carries somebody else's token. */
const forge = async (client: Doing["client"], command: Command): Promise<void> => {
  await client.send({ ...command, name: "forged", csrf: "f".repeat(64) }, { key: newId() });
};

/** One in so many forms is forged. */
const SHARE_FORGED = 0.05;

/** Opens a page, and sends one of its forms. */
export const usePage: Action = async (doing) => {
  const { client, random, send } = doing;
  const html = await client.open(await somePage(doing));
  const forms = formsOf(html ?? "").flatMap((form) => {
    const { path, fields } =
      form.action === "/requests/new" ? { path: form.action, fields: newRequest(form, doing) } : fillIn(form, random);
    const command = asCommand(path, fields, form.csrf);
    return command === undefined ? [] : [{ command, key: form.key }];
  });
  const chosen = random.pick(forms);
  if (chosen === undefined) return;
  const { command, key } = chosen;
  await (random.chance(SHARE_FORGED) ? forge(client, command) : send(command, key));
};

/** Asks for cover by a form that did not come from its page. */
export const forgeRequest: Action = async (doing) => {
  const form = formsOf((await doing.client.open("/requests/new")) ?? "").find(
    ({ action }) => action === "/requests/new",
  );
  const command = form === undefined ? undefined : asCommand(form.action, newRequest(form, doing), form.csrf);
  if (command !== undefined) await forge(doing.client, command);
};
