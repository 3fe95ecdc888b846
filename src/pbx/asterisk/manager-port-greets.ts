import { connect } from 'node:net';

/** Whether a manager port greets whoever comes to an address, unencrypted. Never throws. */
export async function managerPortGreets(host: string, port: number, limitMs = 1_000): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (greets: boolean) => {
      socket.destroy();
      resolve(greets);
    };
    socket.setTimeout(limitMs, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('end', () => finish(false));
    socket.once('data', (bytes) => finish(bytes.toString('latin1').startsWith('Asterisk Call Manager')));
  });
}
