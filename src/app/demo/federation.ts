import { system } from "../../features/audit/index.ts";
import { adminCreateUser, createPasswords, findAccount, type Passwords } from "../../features/identity/index.ts";
import type { Role } from "../../features/access/index.ts";
import { createOrganisation, readOrganisation, signAgreement } from "../../features/practices/index.ts";
import { ensureCatalogue } from "../../features/services/index.ts";
import { londonDate } from "../../features/calendar/index.ts";
import { appNow, type Database } from "../../platform/db/database.ts";
import {
  DEMO_FEDERATION,
  DEMO_GROUP,
  DEMO_HUB,
  DEMO_PASSWORD,
  demoOpeningHours,
  emailOf,
  inventedPractices,
} from "./invented.ts";

export interface Person {
  readonly kind: "reception" | "nurse" | "manager" | "broker";
  readonly name: string;
  readonly at: string;
  readonly roles: readonly Role[];
}

const GIVEN = ["Ada", "Bea", "Cai", "Dee", "Eli", "Fay", "Gus", "Hal", "Ivy", "Jem", "Kit", "Lou", "Mo", "Nia", "Oz"];

/** A receptionist at every desk, nurses and a manager at the first practices, one broker. */
export const people = (): Person[] => [
  ...[...inventedPractices.map(({ code }) => code), DEMO_HUB].map((at, index): Person => ({
    kind: "reception",
    name: `${GIVEN[index % GIVEN.length] ?? "Ash"} at reception`,
    at,
    roles: ["reception"],
  })),
  ...inventedPractices.slice(0, 4).map(({ code }, index): Person => ({
    kind: "nurse",
    name: `Nurse ${GIVEN[(index + 5) % GIVEN.length] ?? "Ash"}`,
    at: code,
    roles: ["nurse"],
  })),
  { kind: "manager", name: "Pat, manager", at: inventedPractices[0]?.code ?? "", roles: ["manager", "reception"] },
  { kind: "broker", name: "Robin, federation", at: DEMO_FEDERATION, roles: ["broker"] },
];

/** Creates the invented federation where it is not there yet; says whether it was made now. */
export const ensureFederation = async (database: Database): Promise<boolean> => {
  const isNew = (await readOrganisation(database.q, DEMO_FEDERATION)) === undefined;
  if (isNew) await createFederation(database);
  await createPeople(database, createPasswords());
  return isNew;
};

const createFederation = async (database: Database): Promise<void> =>
  database.transact(async (tx) => {
    await ensureCatalogue(tx.q);
    const within = { groupCode: DEMO_GROUP };
    for (const { pcn, ...practice } of inventedPractices) {
      const details = {
        ...practice,
        kind: "practice" as const,
        provides: ["step-free"],
        openingHours: demoOpeningHours,
      };
      const networks = [{ code: pcn, kind: "pcn" as const, name: `Wendle network ${pcn.slice(-1)}` }];
      await createOrganisation(tx, system, details, { ...within, networks });
    }
    await createOrganisation(
      tx,
      system,
      {
        code: DEMO_HUB,
        kind: "hub",
        name: "Wendle Valley Evening Hub",
        lat: 53.3105,
        lon: -0.2105,
        provides: ["step-free"],
        openingHours: demoOpeningHours,
      },
      within,
    );
    await createOrganisation(
      tx,
      system,
      { code: DEMO_FEDERATION, kind: "federation", name: "Wendle Valley Federation", openingHours: demoOpeningHours },
      within,
    );
    await signAgreement(tx, system, {
      groupCode: DEMO_GROUP,
      version: "demo-1",
      signedBy: "The demonstration",
      from: londonDate(await appNow(tx.q)),
    });
  });

const createPeople = async (database: Database, passwords: Passwords): Promise<void> => {
  for (const { kind, name, at, roles } of people()) {
    const email = emailOf(kind, at);
    if ((await findAccount(database.q, email)) !== undefined) continue;
    await adminCreateUser(database, passwords, {
      email,
      name,
      organisation: at,
      roles: [...roles],
      password: DEMO_PASSWORD,
    });
  }
};
