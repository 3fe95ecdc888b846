import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { declaredLength } from './read-body.ts';

/** What is written as an answer, one piece after the other. */
export type Pieces = readonly (Uint8Array | string)[];

/** An answer to a request of which only the bytes were looked at. */
export interface QuickAnswer {
  /** The whole answer, its head included; undefined: Node is to read the request after all. Never rejects. */
  pieces: Promise<Pieces | undefined>;
  /** The answer has been handed to the system, or the connection was lost before. */
  sent(): void;
}

/** Answers a request by its bytes alone: all of it and nothing else, after all before it were answered. */
export type AnswerBytes = (connection: ConnectionBytes, bytes: Buffer) => QuickAnswer | undefined;

/** Longer requests are not shown: whoever sends much gains little. */
const MOST_BYTES = 4_096;

const END_OF_HEAD = '\r\n\r\n';

/**
 * Stands where the bytes of a connection come in, before Node reads them as HTTP, and follows which of them make up the
 * request under way. A request that comes in one piece (or head and body in two, where the one before came so) while no
 * other is under way may be answered without Node reading it, which is half of the work of answering. As soon as that is
 * not sure, everything goes to Node, until all that came is known to be answered.
 *
 * Only for connections that are worth it: once followed, all that comes passes through memory of ours, 64 KB a piece, which
 * Node spares where it reads by itself. Bodies of strangers must not.
 */
export class ConnectionBytes {
  readonly #socket: Socket;
  readonly #answer: AnswerBytes;
  readonly #readByNode: (bytes: Buffer) => void;
  /**
   * - `between`: all requests that came are answered, and nothing of another has come, except `#waiting`
   * - `read`: Node reads, and has the say about the connection
   * - `answered`: a quick answer is on its way, and what comes next waits for it
   */
  #state: 'between' | 'read' | 'answered' = 'read';
  /** Requests that Node has read and not yet answered; without the one during which following began. */
  #open = 0;
  /**
   * Of what Node was given since a request may have begun: how much, all of it unless it is long, where the first head ends,
   * and how many requests. `#isSure`: nothing that came before belongs to the first.
   */
  #bytes = 0;
  #pieces: Buffer[] = [];
  #headBytes = 0;
  #requests = 0;
  #isSure = false;
  /** The head after which a body will come, as it did last time. */
  #headBefore: Buffer | undefined;
  #waiting: Buffer | undefined;
  #isHeldUp = false;

  private constructor(socket: Socket, answer: AnswerBytes, readByNode: (bytes: Buffer) => void) {
    this.#socket = socket;
    this.#answer = answer;
    this.#readByNode = readByNode;
  }

  /**
   * From now on the bytes of a connection come through here. What Node has read of it until now need not be known.
   * @returns undefined if Node does not listen in the way that is known, and nothing was changed
   */
  static follow(socket: Socket, answer: AnswerBytes): ConnectionBytes | undefined {
    const [readByNode, ...others] = socket.listeners('data');
    if (readByNode === undefined || others.length > 0) return undefined;
    const connection = new ConnectionBytes(socket, answer, readByNode as (bytes: Buffer) => void);
    socket.off('data', readByNode as () => void);
    // From the first listener of ours on Node's parser no longer takes the bytes from the system itself.
    socket.on('data', connection.#came);
    return connection;
  }

  /** Nothing is given to Node any more: it has stopped to read HTTP over this connection. */
  leave(): void {
    this.#socket.off('data', this.#came);
  }

  /** Node has read the head of a request. */
  begun(request: IncomingMessage, response: ServerResponse): void {
    this.#requests += 1;
    this.#open += 1;
    response.once('close', () => {
      this.#open -= 1;
      if (!response.writableFinished || !this.#isAllOf(request)) return;
      this.#state = 'between';
      this.#pieces = [];
    });
  }

  /**
   * The bytes of the request that Node has read and that is about to be answered, if nothing else came with them; the next
   * one like it may then be answered by its bytes. Undefined also for long ones.
   */
  bytesOf(request: IncomingMessage): Buffer | undefined {
    if (!this.#isAllOf(request) || this.#bytes > MOST_BYTES) return undefined;
    const [head, ...more] = this.#pieces as [Buffer, ...Buffer[]];
    this.#headBefore = more.length > 0 && head.length === this.#headBytes ? head : undefined;
    return more.length === 0 ? head : Buffer.concat(this.#pieces);
  }

  /** Whether it is the only request since Node reads, has come whole, and nothing has come after it. */
  #isAllOf(request: IncomingMessage): boolean {
    return (
      this.#state === 'read' &&
      this.#requests === 1 &&
      request.complete &&
      this.#bytes === this.#headBytes + declaredLength(request) &&
      (this.#isSure || this.#beganWith(request))
    );
  }

  /** Whether the bytes begin where the request does, whatever Node had of the connection before. */
  #beganWith({ method, url, httpVersion, rawHeaders }: IncomingMessage): boolean {
    const [first] = this.#pieces;
    if (first === undefined) return false;
    const head = first.toString('latin1', 0, this.#headBytes);
    // Had Node held half a line, this one would be the end of it; had it held whole ones, there would be more headers.
    const headers = head.split('\r\n').length - 3;
    this.#isSure = head.startsWith(`${method} ${url} HTTP/${httpVersion}\r\n`) && headers === rawHeaders.length / 2;
    return this.#isSure;
  }

  readonly #came = (bytes: Buffer): void => {
    if (this.#state === 'answered') {
      // Comes again when the answer has been sent.
      this.#socket.pause();
      this.#socket.unshift(bytes);
      this.#isHeldUp = true;
      return;
    }
    if (this.#state === 'read') {
      if (this.#open > 0) this.#giveToNode(bytes);
      else this.#beginReading(bytes, false);
      return;
    }
    const all = this.#waiting === undefined ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#waiting = undefined;
    if (this.#headBefore?.equals(all)) {
      this.#waiting = all;
      return;
    }
    const answer = all.length <= MOST_BYTES ? this.#answer(this, all) : undefined;
    if (answer === undefined) this.#beginReading(all, true);
    else void this.#send(all, answer);
  };

  async #send(request: Buffer, { pieces, sent }: QuickAnswer): Promise<void> {
    this.#state = 'answered';
    const answer = await pieces;
    const socket = this.#socket;
    if (socket.destroyed || !socket.writable) {
      sent();
    } else if (answer === undefined) {
      sent();
      // First: Node may want it to stop again.
      this.#goOn();
      this.#beginReading(request, true);
    } else {
      socket.cork();
      const last = answer.length - 1;
      for (const [place, piece] of answer.entries()) {
        socket.write(
          piece,
          place < last
            ? undefined
            : () => {
                sent();
                this.#state = 'between';
                this.#goOn();
              },
        );
      }
      socket.uncork();
    }
  }

  #goOn(): void {
    if (!this.#isHeldUp) return;
    this.#isHeldUp = false;
    this.#socket.resume();
  }

  #beginReading(bytes: Buffer, isSure: boolean): void {
    this.#state = 'read';
    this.#isSure = isSure;
    this.#bytes = 0;
    this.#pieces = [];
    this.#requests = 0;
    // -1 and what is added to it never come to what has come.
    this.#headBytes = bytes.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
    this.#giveToNode(bytes);
  }

  #giveToNode(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#bytes <= MOST_BYTES) this.#pieces.push(bytes);
    else this.#pieces = [];
    this.#readByNode.call(this.#socket, bytes);
  }
}
