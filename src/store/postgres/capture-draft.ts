import type { Unlisted } from '../../core/capture-command.ts';
import type { EpochSeconds } from '../../core/clock.ts';
import type { Draft } from './draft.ts';

/** A leg that a PBX told of, and what it came to. */
export interface SeenLeg {
  pbx: string;
  legId: string;
  verdict: 'missed' | 'reached';
  at: EpochSeconds;
  heardAt: EpochSeconds;
}

export interface LastReached {
  projectId: number;
  number: string;
  at: EpochSeconds;
  how: 'inbound' | 'outbound';
  heardAt: EpochSeconds;
}

export interface UnlistedCount {
  projectId: number;
  why: Unlisted;
  hour: EpochSeconds;
  count: number;
  lastAt: EpochSeconds;
}

/** What a transaction knows and is going to write of watching a PBX. What is new is written by store-draft.ts. */
export class CaptureDraft {
  readonly newLegs = new Map<string, SeenLeg>();
  readonly newReached = new Map<string, LastReached>();
  readonly unlisted = new Map<string, UnlistedCount>();
  readonly newChannels = new Map<string, EpochSeconds>();
  readonly #seenLegs = new Set<string>();
  readonly #ownChannels = new Set<string>();
  readonly #newest = new Map<string, EpochSeconds>();
  readonly #reached = new Map<string, LastReached>();
  readonly #autoMade = new Map<string, number>();
  readonly #draft: Draft;

  constructor(draft: Draft) {
    this.#draft = draft;
  }

  loadLeg(leg: Pick<SeenLeg, 'pbx' | 'legId' | 'verdict'>): void {
    this.#seenLegs.add(legKey(leg));
  }

  loadOwnChannel(channelId: string): void {
    this.#ownChannels.add(channelId);
  }

  loadNewest(pbx: string, at: EpochSeconds): void {
    this.#newest.set(pbx, at);
  }

  loadReached(reached: LastReached): void {
    this.#reached.set(reachedKey(reached), reached);
  }

  loadAutoMade(projectId: number, now: EpochSeconds, count: number): void {
    this.#autoMade.set(`${projectId} ${now}`, count);
  }

  isSeen(leg: Pick<SeenLeg, 'pbx' | 'legId' | 'verdict'>): boolean {
    return this.#seenLegs.has(legKey(leg)) || this.newLegs.has(legKey(leg));
  }

  /** Remembers a leg. @returns false when it was remembered before: somebody else has told of it */
  isNewLeg(leg: SeenLeg): boolean {
    if (this.isSeen(leg)) return false;
    this.#draft.set(this.newLegs, legKey(leg), leg);
    this.#draft.set(this.#newest, leg.pbx, Math.max(this.#newest.get(leg.pbx) ?? leg.at, leg.at));
    return true;
  }

  /** By the clock of the PBX; undefined: nothing was heard of it yet. */
  newest(pbx: string): EpochSeconds | undefined {
    return this.#newest.get(pbx);
  }

  isOwnChannel(channelId: string): boolean {
    return this.#ownChannels.has(channelId) || this.newChannels.has(channelId);
  }

  addOwnChannel(channelId: string, now: EpochSeconds): void {
    if (!this.newChannels.has(channelId)) this.#draft.set(this.newChannels, channelId, now);
  }

  lastReached(projectId: number, number: string): LastReached | undefined {
    const key = reachedKey({ projectId, number });
    return this.newReached.get(key) ?? this.#reached.get(key);
  }

  remember(reached: LastReached): void {
    const before = this.lastReached(reached.projectId, reached.number);
    if (before === undefined || reached.at > before.at) {
      this.#draft.set(this.newReached, reachedKey(reached), reached);
    }
  }

  countUnlisted(projectId: number, why: Unlisted, at: EpochSeconds): void {
    const hour = at - (at % 3600);
    const key = `${projectId} ${why} ${hour}`;
    const { count = 0, lastAt = at } = this.unlisted.get(key) ?? {};
    this.#draft.set(this.unlisted, key, { projectId, why, hour, count: count + 1, lastAt: Math.max(lastAt, at) });
  }

  /** Calls that the dialler is to make by itself because of misses of the last minute. */
  autoOfLastMinute(projectId: number, now: EpochSeconds): number {
    const fresh = this.#draft
      .createdCalls()
      .filter(
        (call) =>
          call.projectId === projectId &&
          call.source === 'missed_call' &&
          call.outboundType === 'auto' &&
          call.createdAt > now - 60,
      );
    return (this.#autoMade.get(`${projectId} ${now}`) ?? 0) + fresh.length;
  }
}

function legKey({ pbx, legId, verdict }: Pick<SeenLeg, 'pbx' | 'legId' | 'verdict'>): string {
  return JSON.stringify([pbx, legId, verdict]);
}

function reachedKey({ projectId, number }: Pick<LastReached, 'projectId' | 'number'>): string {
  return `${projectId} ${number}`;
}
