import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/core/errors.ts';
import { errorAnswer, renderedAnswer, successAnswer, wholeBody } from '../../src/wire/envelope.ts';
import { messages } from '../../src/wire/messages.ts';
import { Refusal } from '../../src/wire/refusal.ts';

describe('a success', () => {
  it('has its members in the documented order', () => {
    expect(successAnswer({ row_count: 1, page_size: 2, current_page: 1, max_page: 1 }, [{ id: 1 }]).body).toBe(
      '{"has_error":false,"messages":[],"pagination":{"row_count":1,"page_size":2,"current_page":1,"max_page":1},"results":[{"id":1}]}',
    );
  });

  it('of an action that does not page has an empty list for pagination', () => {
    expect(successAnswer(null, []).body).toBe('{"has_error":false,"messages":[],"pagination":[],"results":[]}');
  });

  it('is the same whether its rows were written before or now', () => {
    const pagination = { row_count: 2, page_size: 2, next_cursor: null };
    const rows = [{ id: 1, name: 'Ș😀' }, { id: 2 }];
    const json = Buffer.from(rows.map((row) => JSON.stringify(row)).join());
    expect(String(wholeBody(renderedAnswer(pagination, json)))).toBe(successAnswer(pagination, rows).body);
  });
});

describe('an error', () => {
  const parsed = (error: unknown) => {
    const { status, headers, body } = errorAnswer(error, 'r-1');
    return { status, headers, body: JSON.parse(body as string) };
  };

  it('that a caller can mend says everything that is wrong', () => {
    const problems = [messages.invalidFilter('statusxxx'), messages.invalidPage('x')];
    const answer = parsed(new Refusal(400, problems, { 'x-more': '1' }));
    expect(answer).toEqual({
      status: 400,
      headers: { 'x-more': '1' },
      body: {
        has_error: true,
        messages: ['Invalid filter: statusxxx', 'Invalid page: x (expected a whole number from 1)'],
        pagination: [],
        results: [],
        errors: [
          { code: 'invalid_filter', message: 'Invalid filter: statusxxx', field: 'filters.statusxxx', row: null },
          {
            code: 'invalid_page',
            message: 'Invalid page: x (expected a whole number from 1)',
            field: 'page',
            row: null,
          },
        ],
      },
    });
  });

  it('of the database asks to come again, and tells nothing of it', () => {
    const answer = parsed(new StoreUnavailableError('disk I/O error on /var/lib/secret.db'));
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^[1-9][0-9]*$/) } });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it.each([new Error('secret'), 'secret', undefined, null, { message: 'secret' }])(
    'that nobody expected (%j) tells a reference and nothing of its cause',
    (error) => {
      const answer = parsed(error);
      expect(answer.status).toBe(500);
      expect(answer.body.messages).toEqual(['Internal error (reference r-1)']);
      expect(JSON.stringify(answer)).not.toContain('secret');
    },
  );
});
