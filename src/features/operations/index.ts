export { figureSources, figuresOf } from "./figures.ts";
export { readFigures } from "./figures.repository.ts";
export { settleAfterRestore } from "./after-restore.service.ts";
export { queueBoardPages, type WatchedQueue } from "./queue-board.pages.ts";
export { historyRestored } from "./operations.events.ts";
