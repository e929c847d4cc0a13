import { testAccessibility } from "./support/test-accessibility.ts";
import { tourClinics } from "./support/tour-clinics.ts";
import { tourManager } from "./support/tour-settings.ts";

testAccessibility("clinics and settings", [
  ["clinics", 23, tourClinics],
  ["what a manager sets up", 16, tourManager],
]);
