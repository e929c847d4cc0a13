export { boardPages } from "./board.pages.ts";
export { readBoard, type Board } from "./board.service.ts";
