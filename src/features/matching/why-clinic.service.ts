import type { Database } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { isOpenAt, nextOpening } from "../calendar/index.ts";
import { ownClinic } from "../capacity/index.ts";
import { DESK_FULL } from "./asking.rules.ts";
import { heldBackAmong } from "../pressure/index.ts";
import type { ClinicWhyView } from "./matching.schema.ts";
import { failingRules } from "./not-asked.service.ts";
import { readNeedsOfLines } from "./seeking.repository.ts";
import { readSnapshotFor } from "./snapshot.service.ts";
import type { ReasonCode } from "./solver/index.ts";
import { publishedKey } from "./supply.repository.ts";
import { clinicFindings, type ClinicStanding } from "./why-clinic.rules.ts";
import { readWantingLines, type WantingLine } from "./why.repository.ts";

type Demand = Pick<ClinicStanding, "elsewhere" | "fitting" | "failing">;

/** Adds up, over the lines that look for the clinic's services, what becomes of their needs here. */
const demandOf = (lines: readonly WantingLine[], reasonOf: (lineId: string) => ReasonCode | undefined): Demand => {
  const failing = new Map<ReasonCode, number>();
  let fitting = 0;
  let elsewhere = 0;
  for (const { lineId, looking, open, here } of lines) {
    const reason = reasonOf(lineId);
    if (reason !== undefined) {
      failing.set(reason, (failing.get(reason) ?? 0) + looking - here);
      continue;
    }
    fitting += open;
    elsewhere += looking - open - here;
  }
  return { failing, fitting, elsewhere };
};

/** "Why is this clinic of ours not being offered?" (rule M6), answered for this moment. Others appear as counts of needs only. */
export const whyClinic = async ({ q }: Database, actor: Actor, id: string): Promise<ClinicWhyView> => {
  const clinic = await ownClinic(q, actor, id);
  const code = actor.organisationCode;
  const groupCode = actor.groupCode ?? "";
  const lines = await readWantingLines(q, groupCode, { services: clinic.services, by: code });
  const needs = await readNeedsOfLines(
    q,
    lines.map(({ lineId }) => lineId),
  );
  const snapshot = await readSnapshotFor(q, groupCode, needs, [code]);
  const rules = await failingRules(
    {
      ...snapshot,
      clinics: snapshot.clinics.filter((each) => each.id === id),
      published: new Set(clinic.services.map((service) => publishedKey(code, service))),
    },
    needs,
    [code],
  );
  const needOf = new Map(needs.map((need) => [need.lineId, need.id]));
  const member = snapshot.members.get(code);
  const { now } = snapshot;
  const isOpen = member === undefined || isOpenAt(member.hours, now);
  const findings = clinicFindings({
    ...demandOf(lines, (lineId) => rules.get(needOf.get(lineId) ?? "")?.get(code)),
    isWithdrawn: clinic.isWithdrawn,
    isOver: new Date(clinic.endsAt) <= now,
    isSigned: member?.isSigned ?? false,
    isAccepting: member?.isAccepting ?? false,
    heldBack: (await heldBackAmong(q, [code])).get(code),
    isDeskFull: (member?.waiting ?? 0) >= DESK_FULL,
    opensAt: isOpen ? undefined : nextOpening(member.hours, now),
    isUnconfirmed: clinic.pledge === "firm" && !clinic.isFirmToday,
    slots: clinic.counts,
  });
  return { clinicId: id, at: now.toISOString(), isOffered: clinic.counts.held > 0, findings };
};
