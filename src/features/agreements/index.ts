export { agreementEvents, agreementMade } from "./agreements.events.ts";
export { alreadyGiven } from "./agreements.errors.ts";
export { liveAgreementsOnSlots, type Block, type LiveAgreement } from "./agreements.repository.ts";
export { agreementRoutes, readerFor } from "./agreements.routes.ts";
export { agreementView, type AgreementView } from "./agreements.schema.ts";
export { endAgreementsOfNeeds, makeAgreements } from "./agreements.service.ts";
export { listAgreements } from "./list.repository.ts";
export { loseAgreedSlots } from "./lost-slots.service.ts";
export { agreementPages } from "./agreements.pages.ts";
