import { needsDestination } from '../core/call-life.ts';
import type { MissedCallSettings } from '../core/miss-target.ts';

/** What says who calls back, and from where to where. */
export type CallBack = Pick<MissedCallSettings, 'type' | 'destination' | 'outboundType' | 'attendType'>;

/**
 * What does not go together in it, one sentence a mistake.
 * @param place how a person would find it: `projects[0].missed_calls`
 * @param allowedCountries those of the project; undefined: not to be judged here
 */
export function callBackMistakes(
  callBack: CallBack,
  place: string,
  allowedCountries: readonly string[] | undefined,
): string[] {
  const { type, destination, outboundType } = callBack;
  const mistakes: string[] = [];
  if (type !== null && destination === null) {
    mistakes.push(`${place}.destination is missing, expected the name of the ${type} that type speaks of`);
  } else if (type === null && destination !== null) {
    mistakes.push(`${place}.type is missing, expected queue, user or context, as destination is the name of one`);
  } else if (needsDestination(callBack)) {
    mistakes.push(
      `${place}.outbound_type: "auto" is wrong without type and destination, as an agent is rung first; expected them, or attend_type unattended, or outbound_type manual`,
    );
  }
  if (outboundType === 'auto' && allowedCountries?.length === 0) {
    mistakes.push(
      `${place}.outbound_type: "auto" is wrong in a project without any country whose numbers it may dial; expected country or allowed_countries`,
    );
  }
  return mistakes;
}
