import { DomainError } from "../../platform/errors/domain-error.ts";

export const webhookAddressRefused = (): DomainError => {
  const message = "Webhooks are sent by https, to addresses of the public internet only.";
  return new DomainError("invalid", "webhook-address-refused", message, { fields: [{ pointer: "/url", message }] });
};

export const webhookTypeUnknown = (at: number): DomainError => {
  const message = "There is no event of this type; /asyncapi.json lists them.";
  return new DomainError("invalid", "webhook-type-unknown", message, {
    fields: [{ pointer: `/types/${at}`, message }],
  });
};

export const tooManyWebhooks = (most: number): DomainError =>
  new DomainError("conflict", "too-many-webhooks", `You have ${most} webhooks already. Remove one first.`);

export const webhookChanged = (version: number): DomainError =>
  new DomainError("stale", "changed-since-read", "Somebody changed this webhook since you read it. Read it again.", {
    details: { version },
  });

export const offsetNotKept = (from: number, until: number): DomainError => {
  const message = `Choose an offset from ${from} to ${until}: what lies before is no longer kept.`;
  return new DomainError("invalid", "offset-not-kept", message, {
    details: { from, until },
    fields: [{ pointer: "/after", message }],
  });
};
