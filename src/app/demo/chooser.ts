import type { Chooser } from "../../features/identity/index.ts";
import { people, type Person } from "./federation.ts";
import { DEMO_FEDERATION, DEMO_HUB, DEMO_PASSWORD, emailOf, inventedPractices } from "./invented.ts";

const [short, neighbour, further] = inventedPractices.map(({ code }) => code);

/** Whoever has something to do in the story, in its order. */
const PARTS: readonly { kind: Person["kind"]; at: string | undefined; does: string }[] = [
  { kind: "reception", at: short, does: "is short and asks for cover" },
  { kind: "nurse", at: short, does: "sorts dressings that nobody has looked at" },
  { kind: "manager", at: short, does: "changes settings and invites colleagues" },
  { kind: "reception", at: neighbour, does: "is asked, and answers" },
  { kind: "reception", at: further, does: "is asked too" },
  { kind: "reception", at: DEMO_HUB, does: "has evening clinics" },
  { kind: "broker", at: DEMO_FEDERATION, does: "watches that nobody is forgotten" },
];

const placeOf = (code: string): string =>
  inventedPractices.find((practice) => practice.code === code)?.name ??
  (code === DEMO_HUB ? "Wendle Valley Evening Hub" : "Wendle Valley Federation");

/** Who to be in the demonstration, for the sign-in page. */
export const demoChooser: Chooser = {
  password: DEMO_PASSWORD,
  people: PARTS.flatMap(({ kind, at, does }) =>
    people()
      .filter((person) => person.kind === kind && person.at === at)
      .map(({ name }) => ({ name, does, place: placeOf(at ?? ""), email: emailOf(kind, at ?? "") })),
  ),
};
