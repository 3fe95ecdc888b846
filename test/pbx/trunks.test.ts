import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/core/call-verdict.ts';
import { createMissedCalls } from '../../src/core/missed-calls.ts';
import { legEventOf } from '../../src/pbx/asterisk/asterisk-pbx.ts';
import { hear, recordedTrunk } from '../support/asterisk-replay.ts';

const SETTINGS = { inboundContexts: new Set(['from-trunk']) };

/** Of one trunk; the calls of each came from a PBX of its own, to telephones of chan_pjsip unless it says so. */
function verdictsOf(trunk: string): Verdict[] {
  const machine = createMissedCalls({ pbx: 'pbx' });
  const events = recordedTrunk(trunk)
    .map(({ at, message }) => legEventOf(message, at, SETTINGS))
    .filter((event) => event !== undefined);
  return [...hear(machine, events), ...machine.tick((events.at(-1)?.at ?? 0) + 60)];
}

/** What became of the callers, by the number that they dialled. */
const KINDS: Record<string, string[]> = {
  '441632960100': ['queue_hangup'],
  '441632960101': ['queue_timeout'],
  '441632960102': ['queue_empty'],
  // The queue takes one.
  '441632960103': ['queue_full', 'queue_hangup'],
  '441632960104': ['exit_key'],
  '441632960105': ['no_answer'],
  '441632960106': ['busy'],
  // No telephone is registered there.
  '441632960107': ['unavailable'],
  // An agent of a queue, a telephone, and an agent behind a channel of technology Local.
  '441632960108': ['inbound'],
  '441632960109': ['inbound'],
  '441632960115': ['inbound'],
  // Hung up in the menu.
  '441632960110': ['unavailable'],
  // Declined.
  '441632960117': ['no_answer'],
  // The agent had picked up and was not put through yet, and the caller gave up.
  '441632960131': ['queue_hangup'],
  // Whoever picked up was asked first: by Dial, and took the call; by FollowMe, and did not.
  '441632960139': ['inbound'],
  '441632960132': ['no_answer'],
  // Another telephone took the call by a pickup.
  '441632960134': ['inbound'],
};

describe.each(['pjsip', 'sip', 'iax2'])('calls by a trunk of chan_%s', (trunk) => {
  it('are missed in the way they were, or answered', () => {
    const found: Record<string, string[]> = {};
    for (const verdict of verdictsOf(trunk)) {
      if (verdict.type === 'reached' && verdict.how === 'outbound') continue;
      const kind = verdict.type === 'missed' ? verdict.kind : verdict.how;
      found[verdict.did ?? ''] = [...(found[verdict.did ?? ''] ?? []), kind].sort();
    }
    expect(found).toEqual(KINDS);
  });
});

it('customers are reached by calls out through trunks of each kind, whatever the address of the dial looks like', () => {
  const reached = verdictsOf('pjsip').filter((verdict) => verdict.type === 'reached' && verdict.how === 'outbound');
  const numbers = ['+441632960501', '+441632960502', '+441632960503'];
  expect(reached.map((verdict) => verdict.type === 'reached' && verdict.numbers)).toEqual(
    numbers.map((number) => expect.arrayContaining([number])),
  );
});
