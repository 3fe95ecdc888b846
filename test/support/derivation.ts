import { assignTypeOf, type Call } from '../../src/core/call.ts';
import type { Derivation } from '../../src/core/call-store.ts';
import { cleanNumber } from '../../src/core/phone-number.ts';

/** A derivation for tests of the store: the store is not to know what the rows of the API look like. */
export const plainDerivation: Derivation = {
  version: 'plain 1',
  derive: (call) => ({
    json: JSON.stringify(plainRow(call)),
    callerNumber: cleanNumber(call.callerId),
    dnidNumber: call.dnid && cleanNumber(call.dnid),
    outboundNumber: call.outboundNumber && cleanNumber(call.outboundNumber),
  }),
  callerNumber: ({ callerId }) => cleanNumber(callerId),
  numbersOf: (number) => [cleanNumber(number)],
};

/** All members under names as long as those of the API, so that sizes are lifelike. */
export function plainRow(call: Call): Record<string, unknown> {
  const row = Object.fromEntries(
    Object.entries(call).map(([member, value]) => [
      member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
  return { ...row, assign_type: assignTypeOf(call.type) };
}
