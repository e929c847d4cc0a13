import { testAccessibility } from "./support/test-accessibility.ts";
import { tourAnswers } from "./support/tour-answers.ts";
import { tourDoors } from "./support/tour-doors.ts";

testAccessibility("what seldom happens", [
  ["asking and answering", 32, tourAnswers],
  ["the doors, and what stands where a page cannot", 24, tourDoors],
]);
