export { planGroupJob } from "./match-due.contract.ts";
export { askForMatching } from "./match-due.repository.ts";
