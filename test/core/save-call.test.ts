import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import { CONTENT_FIELDS } from '../../src/core/call-life.ts';
import { decideSave } from '../../src/core/save-call.ts';
import { contentOf, NOW } from '../support/commands.ts';
import { makeCall } from '../support/make-call.ts';

const content = contentOf({ callerIdName: 'Example', externalId: 'order-1', vars: { a: '1' } });

const stored = (fields: Partial<Call> = {}): Call => ({
  ...makeCall({ ...content, createdAt: NOW - 100, updatedAt: NOW - 100 }),
  id: 7,
  ...fields,
});

describe('saving a call', () => {
  it('makes a call that is not there', () => {
    const decision = decideSave({ open: undefined, recentlyClosed: undefined }, content, false, NOW);
    expect(decision.outcome).toBe('created');
  });

  it('leaves the same pending call as it is', () => {
    const decision = decideSave({ open: stored(), recentlyClosed: undefined }, content, false, NOW);
    expect(decision).toEqual({ outcome: 'unchanged', call: stored() });
  });

  it.each(CONTENT_FIELDS)('writes a pending call whose %s differs as it was sent', (field) => {
    const other = {
      priority: 9,
      maxRetries: 4,
      schedule: NOW,
      vars: { a: '2' },
      outboundType: 'auto',
      attendType: 'unattended',
      type: 'queue',
    };
    const value = (other as Record<string, unknown>)[field] ?? 'another';
    const decision = decideSave(
      { open: stored(), recentlyClosed: undefined },
      { ...content, [field]: value },
      false,
      NOW,
    );
    expect(decision).toMatchObject({ outcome: 'updated', change: { call: { id: 7, [field]: value, updatedAt: NOW } } });
  });

  it('leaves a call alone that somebody works on', () => {
    const open = stored({ status: 'inprogress', claimedBy: 'ana' });
    const decision = decideSave({ open, recentlyClosed: undefined }, { ...content, priority: 9 }, false, NOW);
    expect(decision).toEqual({ outcome: 'in_progress', call: open });
  });

  it('takes the repeat of a call that was closed a moment ago for a late retry', () => {
    const recentlyClosed = stored({ status: 'completed' });
    expect(decideSave({ open: undefined, recentlyClosed }, content, false, NOW)).toEqual({
      outcome: 'unchanged',
      call: recentlyClosed,
    });
  });

  it('makes a second call when the content is another, or when the caller insists', () => {
    const situation = { open: undefined, recentlyClosed: stored({ status: 'completed' }) };
    expect(decideSave(situation, { ...content, priority: 1 }, false, NOW).outcome).toBe('created');
    expect(decideSave(situation, content, true, NOW).outcome).toBe('created');
  });
});
