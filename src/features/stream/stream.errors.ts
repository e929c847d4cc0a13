import { DomainError } from "../../platform/errors/domain-error.ts";

/** Browsers name the page's origin with every WebSocket handshake; a cookie alone opens no stream (S2). */
export const streamOriginRefused = (): DomainError =>
  new DomainError(
    "forbidden",
    "stream-origin-refused",
    "This page is not part of Covershare, so it gets no live updates.",
  );
