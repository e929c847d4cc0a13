import { z } from "zod";
import { atDesk, command, type AppRoute } from "../access/index.ts";
import {
  agreementParams,
  patientNoBody,
  stepsAnswer,
  stepsBody,
  swapAnswer,
  swapBody,
  undoAnswer,
  undoBody,
} from "./agreements.schema.ts";
import { stepAgreements } from "./handover.service.ts";
import { patientSaidNo } from "./patient-no.service.ts";
import { extendRelease } from "./release.service.ts";
import { swapAgreements } from "./swap.service.ts";
import { undoLastSteps } from "./undo.service.ts";

/** The commands of the handover (rules H1, H4, H5). Addresses without an id answer for each agreement by itself. */
export const handoverRoutes: readonly AppRoute[] = [
  command(
    {
      method: "POST",
      path: "/v1/agreements/steps",
      summary: "Tick one step of the handover for many agreements at once",
      tag: "Agreements",
      access: atDesk,
      body: stepsBody,
      response: stepsAnswer,
    },
    async ({ actor, body }, tx) => ({ body: await stepAgreements(tx, actor, body) }),
  ),
  command(
    {
      method: "POST",
      path: "/v1/agreements/steps/undo",
      summary: "Take back the last step of agreements, by its owner on the same day",
      tag: "Agreements",
      access: atDesk,
      body: undoBody,
      response: undoAnswer,
    },
    async ({ actor, body }, tx) => ({ body: await undoLastSteps(tx, actor, body) }),
  ),
  command(
    {
      method: "POST",
      path: "/v1/agreements/swap",
      summary: "Swap the times of two matching agreements at one place",
      tag: "Agreements",
      access: atDesk,
      body: swapBody,
      response: swapAnswer,
    },
    async ({ actor, body }, tx) => ({ body: await swapAgreements(tx, actor, body) }),
  ),
  command(
    {
      method: "POST",
      path: "/v1/agreements/:id/patient-no",
      summary: "The patient said no: the time goes back, and the need looks for cover again without what she ruled out",
      tag: "Agreements",
      access: atDesk,
      params: agreementParams,
      body: patientNoBody,
      response: z.object({ needState: z.string() }),
    },
    async ({ actor, params, body }, tx) => ({ body: await patientSaidNo(tx, actor, params.id, body) }),
  ),
  command(
    {
      method: "POST",
      path: "/v1/agreements/:id/extend-release",
      summary: "More time to pass the patient's details on, once",
      tag: "Agreements",
      access: atDesk,
      params: agreementParams,
      response: z.object({ releaseAt: z.iso.datetime() }),
    },
    async ({ actor, params }, tx) => ({ body: await extendRelease(tx, actor, params.id) }),
  ),
];
