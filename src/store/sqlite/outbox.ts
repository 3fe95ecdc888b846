/**
 * Sends to another thread what comes in one turn of the event loop as one message: a message costs more than its content.
 * @param takenOver memory of a message that changes hands instead of being copied
 */
export function createOutbox<T>(
  port: { postMessage(messages: T[], transfer: ArrayBuffer[]): void },
  takenOver: (message: T) => ArrayBuffer[] = () => [],
): (message: T) => void {
  let messages: T[] = [];
  return (message) => {
    messages.push(message);
    if (messages.length > 1) return;
    setImmediate(() => {
      const posted = messages;
      messages = [];
      port.postMessage(posted, posted.flatMap(takenOver));
    });
  };
}
