import type { Logger } from 'pino';
import type { PresentLeg } from '../../core/leg-event.ts';
import { AmiRefusedError, isShuttingDown } from './ami-errors.ts';
import type { AmiSignal } from './ami-inbox.ts';
import type { AmiMessage } from './ami-message.ts';
import type { AsteriskSettings } from './asterisk-pbx.ts';
import { presentLegs } from './present-legs.ts';

type ListSignal = Extract<AmiSignal, { kind: 'list' }>;

/** In this order: who left a queue between the two is in none of them as waiting, and in the second as being there. */
export const PRESENT_LISTS = ['QueueStatus', 'CoreShowChannels'] as const;

export interface PresentLists {
  /** Takes a list in. `unanswered`: ask for all of them again; undefined: there is more to come. */
  take(signal: ListSignal): readonly PresentLeg[] | 'unanswered' | undefined;
  /** None was refused: what is in no list is not there. */
  isComplete(): boolean;
}

/** Puts the lists that were asked for together. Does without one that is refused, as well as can be. */
export function createPresentLists(settings: AsteriskSettings, logger: Logger): PresentLists {
  const items = new Map<string, readonly AmiMessage[]>();
  let isRefused = false;

  function itemsOf({ action, result }: ListSignal): readonly AmiMessage[] | undefined {
    if ('value' in result) return result.value;
    if (!(result.error instanceof AmiRefusedError) || isShuttingDown(result.error)) return undefined;
    const needed =
      action === 'CoreShowChannels' ? 'give the user write = reporting in manager.conf' : 'load the module app_queue';
    isRefused = true;
    logger.warn({ action, answer: result.error.answer, needed }, 'The PBX does not list its calls');
    return [];
  }

  return {
    isComplete: () => !isRefused,
    take(signal) {
      const found = itemsOf(signal);
      if (found === undefined) return 'unanswered';
      items.set(signal.action, found);
      const [queueStatus, channels] = PRESENT_LISTS.map((action) => items.get(action));
      if (queueStatus === undefined || channels === undefined) return undefined;
      return presentLegs({ queueStatus, channels }, signal.at, settings);
    },
  };
}
