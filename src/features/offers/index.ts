export { acceptOffer, declineOffer, extendOffer } from "./answer.service.ts";
export { createOffers } from "./create.service.ts";
export { promoteExtras, type DraftSlot, type OfferDraft } from "./offer-insert.repository.ts";
export {
  impactOf,
  lapseOffers,
  needsEnded,
  reopenUnasked,
  shrinkOffer,
  slotsLost,
  standDown,
} from "./ending.service.ts";
export { listOffers, stoodDownToday } from "./list.repository.ts";
export { offerEvents, offerMade } from "./offers.events.ts";
export { expiryOf, type Priority } from "./offers.rules.ts";
export { offerSweepers } from "./offers.jobs.ts";
export { offerRoutes } from "./offers.routes.ts";
export { brokeringRoutes } from "./brokering.routes.ts";
export { assignByHand, freeTimesFor } from "./assign.service.ts";
export { nudgeOffers } from "./nudge.service.ts";
export { assignBody, nudgeBody } from "./offers.schema.ts";
export {
  answerView,
  declineCodes,
  offerView,
  proposalView,
  type AnswerView,
  type OfferView,
  type ProposalView,
} from "./offers.schema.ts";
export { proposeTimes } from "./propose.service.ts";
export { firmConfirmed, lockStanding, lockWaitingFor } from "./standing.service.ts";
export { declineChoices, presentInShort, presentOffer } from "./offer.presenter.ts";
export { offerPages } from "./offers.pages.ts";
export { noteSeen } from "./seen.repository.ts";
