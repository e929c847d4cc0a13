const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

/** The wall time `HH:MM` that somebody typed: `9:00`, `0900` and `9.00` are `09:00`. Undefined where it is none. */
export const typedTime = (text: string | undefined): string | undefined => {
  const digits = text?.replaceAll(/[.:\s]/g, "");
  if (digits === undefined || !/^\d{3,4}$/.test(digits)) return undefined;
  const padded = digits.padStart(4, "0");
  const time = `${padded.slice(0, 2)}:${padded.slice(2)}`;
  return TIME.test(time) ? time : undefined;
};
