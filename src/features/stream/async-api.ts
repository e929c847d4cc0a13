import { z } from "zod";
import type { EventContract } from "../../platform/event-log/event-contract.ts";
import {
  closeCode,
  eventFrame,
  heartbeatFrame,
  liveFrame,
  resetFrame,
  resumeFrame,
  SUBPROTOCOL,
} from "../../platform/realtime/protocol.ts";

/** The frame of one kind of event, as strict as its contract. */
const frameOf = (contract: EventContract): z.ZodType =>
  eventFrame.extend({ type: z.literal(contract.type), data: contract.data });

const message = (name: string, summary: string, frame: z.ZodType) => ({
  name,
  summary,
  contentType: "application/json",
  // AsyncAPI's own schemas are a superset of this draft.
  payload: z.toJSONSchema(frame, { target: "draft-7" }),
});

const controlMessages = {
  resume: message("resume", "Where the client wants to go on", resumeFrame),
  live: message("live", "Nothing was missed", liveFrame),
  reset: message("reset", "Read a snapshot first", resetFrame),
  heartbeat: message("heartbeat", "The line is alive", heartbeatFrame),
};

const description = `One WebSocket for each client, subprotocol \`${SUBPROTOCOL}\`. Connect with a bearer token, or with the session cookie
from one of Covershare's own pages. Say \`resume\` with the last offset you have; you get every later event of the organisation you act for,
in order and without gaps, then \`live\`, then what happens next. A \`reset\` means that this history is gone: read /v1/snapshot and resume
after its offset. An event may come twice: offsets tell. Close codes: ${closeCode.badFrame} bad frame, ${closeCode.ended} signed out,
${closeCode.slow} reading too slowly, ${closeCode.restarting} restarting (reconnect after a random wait), ${closeCode.unavailable} not available,
${closeCode.busy} too many connections.`;

const refs = (names: readonly string[]) => names.map((name) => ({ $ref: `#/channels/stream/messages/${name}` }));

/** The AsyncAPI 3 document of the stream, made from the very schemas that frames are built with. */
export const buildAsyncApi = (contracts: readonly EventContract[], version: string): Record<string, unknown> => {
  const events = Object.fromEntries(
    contracts.map((contract) => [contract.type, message(contract.type, contract.summary, frameOf(contract))]),
  );
  const messages = { ...controlMessages, ...events };
  return {
    asyncapi: "3.0.0",
    info: { title: "Covershare stream", version, description: description.replaceAll("\n", " ") },
    defaultContentType: "application/json",
    channels: {
      stream: {
        address: "/v1/stream",
        title: "What happens to your organisation",
        messages: Object.fromEntries(
          Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]),
        ),
        bindings: {
          ws: {
            method: "GET",
            query: {
              type: "object",
              properties: { heartbeat: { const: "1", description: "Send heartbeat frames, for browsers." } },
            },
            bindingVersion: "0.1.0",
          },
        },
      },
    },
    operations: {
      resume: {
        action: "receive",
        summary: "A client says where it wants to go on",
        channel: { $ref: "#/channels/stream" },
        messages: refs(["resume"]),
        security: [{ $ref: "#/components/securitySchemes/token" }, { $ref: "#/components/securitySchemes/session" }],
      },
      follow: {
        action: "send",
        summary: "What happened, in order",
        channel: { $ref: "#/channels/stream" },
        messages: refs(Object.keys(messages).filter((name) => name !== "resume")),
      },
    },
    components: {
      messages,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "An API token." },
        session: {
          type: "httpApiKey",
          name: "covershare",
          in: "cookie",
          description: "The session cookie (`__Host-covershare` over https), with an allowed Origin.",
        },
      },
    },
  };
};
