export { figureSources, figuresOf } from "./figures.ts";
export { readFigures } from "./figures.repository.ts";
