export { blank, Fields, type FieldError, type FormState } from "./fields.ts";
export {
  formFor,
  none,
  openFormFor,
  pageFor,
  redirect,
  view,
  type Page,
  type Redirect,
  type View,
  type Visit,
} from "./page.ts";
export { addPages, localPath, type Frame, type SiteOptions } from "./site.ts";
