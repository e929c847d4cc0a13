export { queueMail, type MailToQueue } from "./queue.service.ts";
