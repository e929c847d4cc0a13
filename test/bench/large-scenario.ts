import { generateScenario, readPracticeRows } from "../support/scenario-generator.ts";

/**
 * A holiday rush in a federation as large as the largest of the matching design, in the file format, made from the shared
 * list of practices: 339 practices, 4,225 free slots, 665 needs and 185,109 allowed blocks, always the same ones.
 */
export const largeScenario = (practicesCsv: string): unknown => {
  const shape = { areas: ["W2U3Z"], seed: 205, requests: 84, clinicRate: 0.6 };
  return JSON.parse(JSON.stringify(generateScenario(readPracticeRows(practicesCsv), shape)));
};
