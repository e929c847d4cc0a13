import { agreementSweepers } from "../features/agreements/index.ts";
import { auditSweepers } from "../features/audit/index.ts";
import { alarmSweepers } from "../features/alarms/index.ts";
import { capacitySweepers, nextWeekSweepers } from "../features/capacity/index.ts";
import { boardSweepers } from "../features/board/index.ts";
import { planGroupJob } from "../features/match-due/index.ts";
import { matchingJobs, matchingSweepers, type Solver } from "../features/matching/index.ts";
import { offerSweepers } from "../features/offers/index.ts";
import { purgeSweepers } from "../features/privacy/index.ts";
import { pressureSweepers } from "../features/pressure/index.ts";
import { returnOverdue } from "../features/requests/index.ts";
import type { Database } from "../platform/db/database.ts";
import type { Logger } from "../platform/log/log.ts";
import type { JobContract, JobHandler } from "../platform/queue/job.ts";
import type { Sweeper } from "../platform/queue/sweep.ts";
import { askByMail } from "./next-week.ts";
import { requestPorts } from "./routes.ts";
import { classifiedTables } from "./tables.ts";

/** Every job there is: payloads are checked against these when sent and when received. */
export const jobContracts: readonly JobContract[] = [planGroupJob];

export interface JobParts {
  readonly database: Database;
  readonly log: Logger;
  readonly solve: Solver;
  /** Where the page for when all is down is kept on this machine, if anywhere. */
  readonly fallbackDir?: string | undefined;
}

/** Who carries the jobs out. Boot fails unless each contract has exactly one. */
export const jobHandlers = ({ database, solve }: JobParts): readonly JobHandler[] => matchingJobs(database, solve);

const OVERDUE_AT_ONCE = 500;

/** What each matcher looks for by itself, whatever the queue lost (M5): endings first, so that the plan sees what they freed. */
export const sweepers = ({ database, log, solve, fallbackDir }: JobParts): readonly Sweeper[] => [
  ...offerSweepers(database),
  {
    name: "return overdue",
    run: async () => {
      await database.transact(async (tx) => returnOverdue(tx, requestPorts, OVERDUE_AT_ONCE));
    },
  },
  ...agreementSweepers(database),
  ...capacitySweepers(database),
  ...nextWeekSweepers(database, askByMail),
  ...pressureSweepers(database),
  ...matchingSweepers(database, solve),
  ...alarmSweepers(database),
  ...boardSweepers(database, fallbackDir),
  ...auditSweepers(database, log),
  ...purgeSweepers(database, classifiedTables),
];
