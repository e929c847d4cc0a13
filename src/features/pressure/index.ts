export { pressureEvents } from "./pressure.events.ts";
export { pressureSweepers } from "./pressure.jobs.ts";
export { heldBackAmong, readStatesIn } from "./pressure.repository.ts";
export { pressurePages } from "./pressure.pages.ts";
export { presentPressure, speakPauseReason } from "./pressure.words.ts";
export { atOwnDesk, pressureRoutes } from "./pressure.routes.ts";
export { levels, speakLevel } from "./pressure.rules.ts";
export {
  pausePracticeBody,
  pausePracticeCodes,
  practiceParams,
  resumePracticeBody,
  type PausePracticeCode,
  type PressureView,
} from "./pressure.schema.ts";
export {
  declarePressure,
  expirePressure,
  pausePractice,
  readPractice,
  readPractices,
  readPressure,
  resumePractice,
} from "./pressure.service.ts";
