/** Enter sends words, and with Shift makes a line; code is sent by Ctrl+Enter. What an input method composes is not sent. */
export function isSending(event: React.KeyboardEvent, isCode: boolean): boolean {
  if (event.key !== "Enter" || event.nativeEvent.isComposing) return false;
  return event.ctrlKey || event.metaKey || !(isCode || event.shiftKey || event.altKey);
}
