import { DomainError } from "../../platform/errors/domain-error.ts";

export const unknownMatchedAs = (code: string): DomainError =>
  new DomainError(
    "invalid",
    "matched-as-unknown",
    "A service is matched as another service that is matched as itself.",
    {
      fields: [{ pointer: "/matchedAs", message: `${code} is not a service that is matched as itself.` }],
    },
  );
