export { capacityEvents, clinicChanged } from "./capacity.events.ts";
export type { AffectedAgreement, CapacityPorts, LossCause } from "./capacity.ports.ts";
export { channel, pledge, slotState, type Channel, type Pledge, type SlotState } from "./capacity.schema.ts";
export {
  announceClinics,
  createClinic,
  createClinics,
  type ClinicToCreate,
  type CreatedClinic,
} from "./clinic-create.service.ts";
export { holdSlots, setSlotStates } from "./slots.repository.ts";
export { firmSince, isFirmToday } from "./firm.rules.ts";
export { nextWeekRoutes } from "./next-week.routes.ts";
export { clinicRoutes } from "./clinics.routes.ts";
export { importClinics, type Importer, type ImportResult } from "./import.service.ts";
export { capacitySweepers } from "./series-days.service.ts";
export { ownClinic } from "./read.service.ts";
export { seriesRoutes } from "./series.routes.ts";
export { askAboutNextWeek, nextWeekSweepers, type AskNextWeek } from "./next-week.service.ts";
export { clinicPages } from "./clinics.pages.ts";
