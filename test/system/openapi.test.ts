import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { problemCodes } from "../../src/app/problem-codes.ts";
import { templated } from "../../src/platform/http/openapi.ts";
import { eventContracts } from "../../src/app/events.ts";
import { openWholeApi, type WholeApi } from "./support/whole-api.ts";

const json = z.record(z.string(), z.unknown());
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z]+(?:-[A-Za-z0-9]+)+$/),
  summary: z.string().min(5),
  description: z.string().optional(),
  tags: z.array(z.string()).length(1),
  security: z.array(z.record(z.string(), z.array(z.string()).length(0))),
  parameters: z.array(
    z.strictObject({
      name: z.string(),
      in: z.enum(["path", "query", "header"]),
      required: z.boolean(),
      description: z.string().optional(),
      schema: json,
    }),
  ),
  requestBody: z
    .strictObject({
      required: z.literal(true),
      content: z.strictObject({ "application/json": z.strictObject({ schema: json }) }),
    })
    .optional(),
  responses: z.record(z.string().regex(/^(?:2XX|[2-5]\d\d)$/), json),
});
const document = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  tags: z.array(z.strictObject({ name: z.string() })),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(z.enum(["get", "post", "put", "patch", "delete"]), operation),
  ),
  webhooks: z.record(
    z.string(),
    z.strictObject({
      post: z.looseObject({
        operationId: z.string(),
        requestBody: z.looseObject({
          content: z.strictObject({ "application/json": z.strictObject({ schema: json }) }),
        }),
      }),
    }),
  ),
  components: z.strictObject({ securitySchemes: json, schemas: json, responses: json }),
});

let api: WholeApi;
let text: string;
beforeAll(async () => {
  api = await openWholeApi();
  text = (await api.server.inject({ url: "/openapi.json" })).body;
});
afterAll(async () => api.close());

const parsed = () => document.parse(JSON.parse(text));

/** Every path of the router with its methods, from the tree that it prints. */
const runningRoutes = (): string[] => {
  const at: string[] = [];
  const found: string[] = [];
  for (const line of api.server.printRoutes({ commonPrefix: false }).split("\n")) {
    const match = /^([│├└─ ]*)(\S*)(?: \(([A-Z, ]+)\))?$/u.exec(line);
    if (match === null || line.trim() === "") continue;
    const [, indent = "", segment = "", methods = ""] = match;
    const depth = indent.length / 4;
    at.length = Math.max(0, depth - 1);
    at.push(segment);
    for (const method of methods.split(", ").filter((one) => one !== "" && one !== "HEAD"))
      found.push(`${method} ${at.join("")}`);
  }
  return found;
};

/** HTML and files for people, and the socket, which AsyncAPI describes. */
const isOfTheApi = (route: string): boolean =>
  / \/(?:v1\/|ics\/|healthz|readyz|openapi|asyncapi)/.test(route) && route !== "GET /v1/stream";

describe("/openapi.json", () => {
  it("is a well-formed OpenAPI 3.1 document whose references all resolve and whose operation ids differ", () => {
    const found = parsed();
    const whole = json.parse(JSON.parse(text));
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = ""]) => reference);
    expect(references.length).toBeGreaterThan(50);
    for (const reference of new Set(references)) {
      const target = reference
        .split("/")
        .slice(1)
        .reduce<unknown>((part, key) => json.safeParse(part).data?.[key], whole);
      expect([reference, target]).not.toEqual([reference, undefined]);
    }
    const ids = Object.values(found.paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("holds only schemas that are valid JSON Schema 2020-12", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const found = parsed();
    let count = 0;
    const check = (schema: unknown): void => {
      count += 1;
      void ajv.validateSchema(json.parse(schema));
      expect(ajv.errors).toBe(null);
    };
    for (const schema of Object.values(found.components.schemas)) check(schema);
    for (const { post } of Object.values(found.webhooks)) check(post.requestBody.content["application/json"].schema);
    for (const methods of Object.values(found.paths))
      for (const one of Object.values(methods)) {
        for (const parameter of one.parameters) check(parameter.schema);
        if (one.requestBody !== undefined) check(one.requestBody.content["application/json"].schema);
        const success = z
          .object({ content: z.object({ "application/json": z.object({ schema: json }) }) })
          .safeParse(one.responses["2XX"]);
        if (success.success) check(success.data.content["application/json"].schema);
      }
    expect(count).toBeGreaterThan(100);
  });

  it("describes every message that a webhook may bring", () => {
    const names = eventContracts.map(({ type }) => type);
    expect(Object.keys(parsed().webhooks).toSorted()).toEqual([...names, "reset", "test"].toSorted());
  });

  it("names every parameter of every path", () => {
    for (const [address, methods] of Object.entries(parsed().paths)) {
      const wanted = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const one of Object.values(methods))
        expect(one.parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(wanted);
    }
  });

  it("lists exactly the routes that run", () => {
    const listed = Object.entries(parsed().paths).flatMap(([address, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${address}`),
    );
    const running = runningRoutes().map(templated);
    expect(running.filter(isOfTheApi).toSorted()).toEqual(listed.toSorted());
  });
});

describe("problem codes", () => {
  it("are documented, every one that the source can raise and no other", async () => {
    const source = new URL("../../src", import.meta.url).pathname;
    const files = (await readdir(source, { recursive: true })).filter(
      (file) => file.endsWith(".ts") && !file.startsWith("client"),
    );
    const raised = new Set<string>();
    for (const file of files) {
      const code = await readFile(path.join(source, file), "utf8");
      for (const pattern of [
        /new DomainError\(\s*(?:"[a-z-]+"|[^",]+),\s*"([a-z0-9-]+)"/g,
        /\bproblem\(\s*\d+,\s*"([a-z0-9-]+)"/g,
        /FST_\w+: \[\s*"([a-z-]+)"/g,
        /\?\? \["([a-z-]+)", "The body/g,
        /\[\d{3}, "[^"]+", "([a-z-]+)"\]/g,
      ])
        for (const [, found = ""] of code.matchAll(pattern)) raised.add(found);
    }
    expect(Object.keys(problemCodes).toSorted()).toEqual([...raised].toSorted());
  });
});
