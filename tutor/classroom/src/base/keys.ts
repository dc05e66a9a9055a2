// Keys that mean something.

/** Enter, but not the Enter that ends the composition of a character (229 in older browsers). */
export function isSendKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}
