import { appendFileSync } from 'node:fs';
import { cut, readRecording, type WAYS_OF_CUTTING, withoutBanner } from './ami-recordings.ts';
import { AmiServer, list, refuse, succeed } from './ami-server.ts';
import { messagesOf, PresentChannels, type SaidMessage } from './present-channels.ts';
import { queueLogOf } from './recorded-queue-log.ts';

export interface AmiPlayerOptions {
  /** By the PBX's clock, in seconds since the epoch. */
  now?: () => number;
  /** The file into which the PBX writes its record of queues. */
  queueLog?: string;
  /** Says FullyBooted behind a login. Default: yes; else `boot` does. */
  isBooted?: boolean;
  /** May its user ask which channels are up? Default: yes. */
  mayShowChannels?: boolean;
}

/** One message of a recording, and what the PBX writes into queue_log with it. */
export interface PlayedMessage extends SaidMessage {
  queueLogLines: readonly string[];
}

/**
 * A manager port that plays recordings: logs in and answers by itself, says the recorded bytes, and lists what is up at that
 * moment by what it has said, or would have said had anybody listened.
 */
export class AmiPlayer implements AsyncDisposable {
  readonly #options: AmiPlayerOptions;
  readonly #channels = new PresentChannels();
  #server: AmiServer | undefined;
  /** Events said to somebody, logins' as well. */
  eventsSaid = 0;
  /** When the process of the PBX started. */
  #startedAt: number;
  isBooted: boolean;

  private constructor(options: AmiPlayerOptions) {
    this.#options = options;
    this.#startedAt = this.#now() - 90;
    this.isBooted = options.isBooted ?? true;
  }

  static async start(options: AmiPlayerOptions = {}): Promise<AmiPlayer> {
    const player = new AmiPlayer(options);
    player.#server = await AmiServer.start({
      answers: {
        queuestatus: (request) => list(request, player.#channels.queueStatus(player.#now())),
        coreshowchannels: (request) =>
          options.mayShowChannels === false
            ? [refuse(request, 'Permission denied')]
            : list(request, player.#channels.coreShowChannels(player.#now())),
        login: (request) => [
          succeed(request, 'Message: Authentication accepted'),
          ...(player.isBooted ? [player.#booted()] : []),
        ],
        corestatus: (request) => [succeed(request, ...player.#startup())],
      },
    });
    return player;
  }

  get server(): AmiServer {
    if (this.#server === undefined) throw new Error('The player has not been started');
    return this.#server;
  }

  get url(): string {
    return this.server.url;
  }

  boot(): void {
    this.isBooted = true;
    this.server.say([this.#booted()]);
  }

  /** What happens while nothing that is said gets through. */
  missed(messages: readonly PlayedMessage[]): void {
    this.#takeIn(messages, 0);
  }

  /** Says messages, to whoever listens: nobody is a caller that comes and goes unheard. */
  async say(messages: readonly PlayedMessage[], way: (typeof WAYS_OF_CUTTING)[number] = 'joined'): Promise<void> {
    this.#takeIn(messages);
    const pieces = cut(
      messages.map(({ bytes }) => bytes),
      way,
    );
    if (way === 'joined') this.server.send(pieces);
    else await this.server.trickle(pieces);
  }

  /** Says a connection of a recording as it was read, byte by byte, or joined. */
  async play(chunks: readonly Buffer[], way: (typeof WAYS_OF_CUTTING)[number]): Promise<void> {
    const said = withoutBanner(chunks);
    this.#takeIn(messagesFor(said));
    const pieces = cut(said, way);
    if (way === 'joined') this.server.send(pieces);
    else await this.server.trickle(pieces);
  }

  /** The process of the PBX ends and another begins; the connections are not closed by this. */
  restart(): void {
    this.#channels.clear();
    this.#startedAt = this.#now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  #takeIn(messages: readonly PlayedMessage[], listeners = this.server.connections): void {
    for (const { message, queueLogLines } of messages) {
      if (message.event !== undefined) this.eventsSaid += listeners;
      this.#channels.take(message, this.#now());
      const { queueLog } = this.#options;
      if (queueLog !== undefined) {
        const stamp = Math.floor(this.#now());
        // Written when it is said: the times of the recording were others.
        for (const line of queueLogLines) appendFileSync(queueLog, `${line.replace(/^\d+/, String(stamp))}\n`);
      }
    }
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now() / 1000;
  }

  #booted(): string[] {
    this.eventsSaid += 1;
    const uptime = Math.floor(this.#now() - this.#startedAt);
    return ['Event: FullyBooted', 'Privilege: system,all', `Uptime: ${uptime}`, 'Status: Fully Booted'];
  }

  #startup(): string[] {
    const [date, time] = new Date(this.#startedAt * 1000).toISOString().split(/[T.]/);
    return [`CoreStartupDate: ${date}`, `CoreStartupTime: ${time}`];
  }
}

/** All messages of the first connection of a recording. */
export function playedMessages(name: string): PlayedMessage[] {
  return messagesFor(withoutBanner(readRecording(name)[0]?.chunks ?? []));
}

function messagesFor(chunks: readonly Buffer[]): PlayedMessage[] {
  const said = messagesOf(Buffer.concat(chunks));
  const lines = queueLogOf(said.map(({ message }) => ({ message, at: 1_000_000_000 })));
  return said.map((message, at) => ({
    ...message,
    queueLogLines: lines.filter(({ index }) => index === at).map(({ line }) => line),
  }));
}
