import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { z } from "zod";
import type { Role } from "../../../src/features/access/index.ts";
import {
  createGatekeeper,
  createPasswords,
  createUser,
  identityRoutes,
  type Passwords,
} from "../../../src/features/identity/index.ts";
import { addRoutes, createServer } from "../../../src/platform/http/server.ts";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { aPractice, type TestDatabase } from "../../support/index.ts";

export const PASSWORD = "three quiet harbours";

/** The identity routes on a server that listens to nothing; requests are injected. */
export const identityServer = (
  db: TestDatabase,
  passwords: Passwords = createPasswords(),
  cookies = { isSecure: false, allowedOrigins: ["https://cover.example.org"] },
): FastifyInstance => {
  const server = createServer({ log: silentLogger, requestTimeoutMs: 10_000, trustProxy: true });
  const gatekeeper = createGatekeeper({ database: db.database, cookies, log: silentLogger });
  addRoutes(server, identityRoutes({ passwords, cookies }), db.database, gatekeeper);
  return server;
};

export interface Person {
  readonly userId: string;
  readonly email: string;
  readonly code: string;
}

/** Somebody with a password and roles at a practice of their own, or at the one given. */
export const aPerson = async (
  db: TestDatabase,
  { roles = ["nurse"], at }: { roles?: readonly Role[]; at?: string } = {},
): Promise<Person> => {
  const code = at ?? (await aPractice(db)).code;
  const email = `${newSpeakable(8).toLowerCase()}@practice.example`;
  const { userId } = await createUser(db.database, createPasswords(), {
    email,
    name: "Robin Nurse",
    password: PASSWORD,
    at: [{ organisationCode: code, roles }],
  });
  return { userId, email, code };
};

const signedInBody = z.object({ csrfToken: z.string() });

/** A browser that signed in: it sends its cookie, and the CSRF token where it should. */
export interface Browser {
  readonly cookie: string;
  readonly csrfToken: string;
  send(method: "GET" | "POST" | "PUT" | "DELETE", url: string, payload?: object): Promise<LightMyRequestResponse>;
}

export const cookieOf = (answer: LightMyRequestResponse): string => {
  const header = answer.headers["set-cookie"];
  const first = Array.isArray(header) ? header[0] : header;
  return first?.split(";")[0] ?? "";
};

/** The browser after an answer that handed it a session. */
export const browserFrom = (server: FastifyInstance, answer: LightMyRequestResponse): Browser => {
  const cookie = cookieOf(answer);
  const { csrfToken } = signedInBody.parse(answer.json());
  return {
    cookie,
    csrfToken,
    send: async (method, url, payload) =>
      server.inject({
        method,
        url,
        headers: { cookie, "x-csrf-token": csrfToken },
        ...(payload === undefined ? {} : { payload }),
      }),
  };
};

export const postSignIn = async (
  server: FastifyInstance,
  given: { email: string; password?: string; organisation?: string },
  from = "198.51.100.7",
): Promise<LightMyRequestResponse> =>
  server.inject({
    method: "POST",
    url: "/v1/sessions",
    headers: { "x-forwarded-for": from },
    payload: { password: PASSWORD, ...given },
  });

/** Signs in and fails loudly if that is refused. */
export const aBrowser = async (
  server: FastifyInstance,
  person: Person,
  organisation = person.code,
): Promise<Browser> => {
  const answer = await postSignIn(server, { email: person.email, organisation });
  if (answer.statusCode !== 201) throw new Error(`sign-in was refused: ${answer.body}`);
  return browserFrom(server, answer);
};

export const codeOf = (answer: LightMyRequestResponse): string =>
  z.object({ code: z.string() }).parse(answer.json()).code;
