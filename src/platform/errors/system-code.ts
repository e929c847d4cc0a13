/** The code of a failed system call (`ENOENT`, `EACCES`…), if that is what it is. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
