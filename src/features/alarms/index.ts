export { alarmEvents } from "./alarms.events.ts";
export { rotaPages } from "./alarms.pages.ts";
export { alarmSweepers } from "./alarms.jobs.ts";
export { alarmRoutes } from "./alarms.routes.ts";
export { acknowledgeAlarm, readAlarms, sweepAlarms, watchOpen } from "./alarms.service.ts";
export { alarmParams, alarmView, type AlarmView } from "./alarms.schema.ts";
export { nameOfAlarm, speakEnding, todoOfAlarm } from "./alarms.words.ts";
export { readRota } from "./rota.service.ts";
