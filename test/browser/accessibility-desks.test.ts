import { testAccessibility } from "./support/test-accessibility.ts";
import { tour } from "./support/tour.ts";

testAccessibility("asking and answering", [["the desks and the board", 32, tour]]);
