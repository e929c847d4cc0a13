import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { expirePressure } from "./pressure.service.ts";

export const pressureSweepers = (database: Database): readonly Sweeper[] => [
  { name: "expire pressure", run: async () => expirePressure(database) },
];
