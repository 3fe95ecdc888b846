import { INBOUND_CONTEXTS } from '../../pbx/asterisk/inbound-contexts.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const SUBJECT = 'inbound_contexts';

/**
 * Whether the contexts of the setting are in the dialplan. Those that nobody set may be missing: they are of several kinds
 * of PBX.
 * @param found undefined for a context of which the PBX does not tell
 */
export function contextsFinding(contexts: readonly string[], found: ReadonlyMap<string, boolean | undefined>): Finding {
  const present = contexts.filter((context) => found.get(context) === true);
  const missing = contexts.filter((context) => found.get(context) === false);
  const unknown = contexts.length - present.length - missing.length;
  if (unknown > 0) {
    return warn(
      SUBJECT,
      `${contexts.join(', ')}; whether the dialplan has them the PBX does not tell without reporting in write =`,
    );
  }
  if (present.length === 0) {
    return fail(
      SUBJECT,
      `the dialplan has none of ${contexts.join(', ')}, so no call counts as one from outside: set pbx.inbound_contexts to the contexts (context =) of your trunks`,
    );
  }
  if (missing.length === 0 || isDefault(contexts)) {
    return ok(SUBJECT, `${present.join(', ')} ${present.length === 1 ? 'is' : 'are'} in the dialplan`);
  }
  return warn(
    SUBJECT,
    `the dialplan has ${present.join(', ')}, but not ${missing.join(', ')}: correct pbx.inbound_contexts`,
  );
}

function isDefault(contexts: readonly string[]): boolean {
  return contexts.join() === INBOUND_CONTEXTS.join();
}
