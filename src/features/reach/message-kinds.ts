/**
 * Every kind of message that people get, and what its record is called on the page of channels. A closed list, so that none
 * goes out whose words nobody has looked at: `test/system/message-kinds` has a case for each, and fails without it.
 */
export const messageKinds = {
  offer: "A request to answer",
  nudge: "Please look again",
  "stand-down": "No longer needed",
  agreed: "Agreed",
  taken: "Agreed with you",
  cancelled: "Cancelled",
  moved: "Another time",
  late: "Still to do",
  release: "Pass on details",
  returned: "Came back",
  swapped: "Times swapped",
  thanks: "What became of your times",
  test: "Test message",
  alarm: "Alarm",
  "what-breaks": "What breaks before next opening",
  "fallback-page": "The page for when all is down",
  "same-again": "Same clinics next week?",
  "webhook-stopped": "A webhook has stopped",
} as const;
export type MessageKind = keyof typeof messageKinds;

/** Of a record, which may be older than the list. */
export const isMessageKind = (kind: string): kind is MessageKind => Object.hasOwn(messageKinds, kind);
