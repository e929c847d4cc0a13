import { improveForms } from "./forms.ts";
import { goLive } from "./live.ts";

improveForms();
goLive();
