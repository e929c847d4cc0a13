import { formFor, openFormFor, pageFor, type Page } from "../../platform/web/page.ts";
import type { Actor } from "./actor.ts";

/** The pages of this service, with its actors: the HTML edge beside `read`, `command` and `custom`. */
export type AppPage = Page<Actor>;
export const page = pageFor<Actor>();
export const form = formFor<Actor>();
export const openForm = openFormFor<Actor>();
