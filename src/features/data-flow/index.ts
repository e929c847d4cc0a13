export { dataFlowPages, describeTable } from "./data-flow.pages.ts";
