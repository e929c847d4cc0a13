import { readFilesIntoFields } from "./files.ts";
import { improveForms } from "./forms.ts";
import { goLive } from "./live.ts";
import { offerPush } from "./push.ts";

improveForms();
readFilesIntoFields();
offerPush();
goLive();
