export { holdsNhsNumber, plainText } from "./nhs-number.rules.ts";
