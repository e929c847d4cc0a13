import { readFilesIntoFields } from "./files.ts";
import { improveForms } from "./forms.ts";
import { goLive } from "./live.ts";

improveForms();
readFilesIntoFields();
goLive();
