import type { Service } from "./services.schema.ts";
import type { Performer } from "./services.schema.ts";
import type { Requirement } from "./requirements.schema.ts";

/*
 * The catalogue that Covershare starts with: what general practice in England does by appointment and neighbours can take
 * over. Minutes are common appointment lengths; every federation edits them. Home visits and care-home rounds, long-term
 * condition reviews and whatever rests on knowing the patient are there to be asked for, but not shared by default.
 */

interface Extra {
  readonly requires?: readonly Requirement[];
  readonly bring?: readonly string[];
  readonly isOwnPractice?: true;
  readonly matchedAs?: string;
}

const service = (
  code: string,
  name: string,
  defaultMinutes: number,
  performers: readonly Performer[],
  extra: Extra = {},
): Service => ({
  code,
  name,
  defaultMinutes,
  performers: [...performers],
  requires: [...(extra.requires ?? [])],
  handoverChecklist: [...(extra.bring ?? [])],
  isSharedByDefault: extra.isOwnPractice === undefined,
  matchedAs: extra.matchedAs ?? null,
  isActive: true,
});

const woundCare = ["Patient brings dressings and care plan", "Date of the last dressing change passed on"];
const bloodForm = ["Request form or electronic order is ready", "Results come back to the home practice"];
const injection = [
  "Prescription or patient-specific direction is in the record",
  "Date of the last injection passed on",
];
const vaccine = ["Vaccines due and dates of earlier ones passed on", "The vaccine is in stock where it is given"];
const consultation = ["Reason for the appointment and the relevant record shared by the approved route"];

export const initialCatalogue: readonly Service[] = [
  service("wound-simple", "Simple dressing", 20, ["nurse", "hca"], { bring: woundCare }),
  service("wound-complex", "Complex dressing", 30, ["nurse"], { bring: woundCare }),
  service("wound-unassessed", "Dressing, not yet assessed", 30, ["nurse"], {
    bring: ["A clinician says whether it is simple or complex, if time allows", ...woundCare],
    matchedAs: "wound-complex",
  }),
  service("compression", "Compression bandaging", 45, ["nurse"], {
    bring: ["Ankle pressure reading of the last three months passed on", ...woundCare],
  }),
  service("woundcheck", "Wound check after surgery", 10, ["nurse", "hca"], { bring: ["Discharge summary shared"] }),
  service("suture", "Removal of stitches or clips", 20, ["nurse", "hca"], {
    bring: ["Discharge summary shared", "Patient brings the clip remover if one was given"],
  }),
  service("phleb", "Blood test", 10, ["phlebotomist", "hca", "nurse"], { bring: bloodForm }),
  service("smear", "Cervical screening", 20, ["nurse"], {
    bring: ["Last result and recall date passed on", "Result comes back to the home practice"],
  }),
  service("b12", "Vitamin B12 injection", 10, ["nurse", "hca"], { bring: injection }),
  service("inj-other", "Other injection", 10, ["nurse"], { bring: [...injection, "Patient brings the medicine"] }),
  service("depot", "Depot injection", 20, ["nurse"], { bring: [...injection, "Patient brings the medicine"] }),
  service("imms-child", "Childhood immunisation", 20, ["nurse"], {
    bring: [...vaccine, "Parent or guardian brings the red book"],
  }),
  service("imms-adult", "Adult immunisation", 10, ["nurse", "hca", "pharmacist"], { bring: vaccine }),
  service("flu", "Flu vaccination", 5, ["nurse", "hca", "pharmacist"], { bring: vaccine }),
  service("travel", "Travel vaccination", 20, ["nurse"], { bring: [...vaccine, "Travel risk form is filled in"] }),
  service("ecg", "ECG", 20, ["hca", "nurse"], { bring: ["Who reads the tracing is agreed"] }),
  service("bp", "Blood pressure check", 10, ["hca", "nurse", "pharmacist"], {
    bring: ["Target and last reading passed on"],
  }),
  service("bp-24h", "24-hour blood pressure monitor", 20, ["hca", "nurse"], {
    bring: ["When the monitor is brought back is agreed"],
  }),
  service("ear", "Ear care and wax removal", 20, ["nurse", "hca"], {
    bring: ["Patient has used ear drops as advised"],
  }),
  service("spirometry", "Spirometry", 40, ["nurse"], { bring: ["Patient was told which inhalers to pause"] }),
  service("healthcheck", "NHS Health Check", 20, ["hca", "nurse"], { bring: bloodForm }),
  service("diabetic-foot", "Diabetic foot check", 20, ["hca", "nurse"], { bring: ["Last foot risk passed on"] }),
  service("ltc", "Long-term condition review", 30, ["nurse", "pharmacist"], {
    bring: ["Care plan and last bloods shared"],
    isOwnPractice: true,
  }),
  service("contraception", "Contraception", 20, ["nurse", "gp"], {
    bring: ["Current method and last check passed on"],
  }),
  service("coil-implant", "Coil or implant", 40, ["nurse", "gp"], {
    requires: ["couch"],
    bring: ["Counselling is done", "The device is in stock where it is fitted"],
  }),
  service("catheter", "Catheter change", 30, ["nurse"], {
    requires: ["couch"],
    bring: ["Patient brings the catheter and its passport", "Date of the last change passed on"],
  }),
  service("minorill", "Minor illness", 15, ["advanced-practitioner", "nurse", "gp"], { bring: consultation }),
  service("gp-f2f", "GP, face to face", 15, ["gp"], { bring: consultation }),
  service("gp-tel", "GP, by telephone", 10, ["gp"], {
    bring: [...consultation, "Best number and time to ring passed on"],
  }),
  service("pharmacist-review", "Medication review", 20, ["pharmacist"], { bring: ["Medicines list shared"] }),
  service("fcp", "Physiotherapist, first contact", 20, ["physiotherapist"], { bring: consultation }),
  service("link-worker", "Social prescribing link worker", 45, ["link-worker"], {
    bring: ["Patient agreed to be referred"],
  }),
  service("mental-health", "Mental health practitioner", 30, ["mental-health-practitioner"], {
    bring: [...consultation, "Safety plan shared where there is one"],
  }),
  service("visit", "Home visit", 40, ["gp", "advanced-practitioner", "nurse"], {
    bring: [...consultation, "How to get in is passed on"],
    isOwnPractice: true,
  }),
  service("care-home-round", "Care home round", 120, ["gp", "advanced-practitioner"], {
    bring: ["List of residents shared by the approved route"],
    isOwnPractice: true,
  }),
];
