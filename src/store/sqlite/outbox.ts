/** Sends to another thread what comes in one turn of the event loop as one message: a message costs more than its content. */
export function createOutbox<T>(port: { postMessage(messages: T[]): void }): (message: T) => void {
  let messages: T[] = [];
  return (message) => {
    messages.push(message);
    if (messages.length > 1) return;
    setImmediate(() => {
      const posted = messages;
      messages = [];
      port.postMessage(posted);
    });
  };
}
