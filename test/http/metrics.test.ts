import { describe, expect, it } from 'vitest';
import { startTestApp } from '../support/app.ts';

describe('/metrics', () => {
  it('counts requests by action and status, failed logins by reason, and shows the process', async () => {
    await using app = await startTestApp();
    await app.post({ action: 'read' });
    await app.post({ action: 'read' });
    await app.post({ action: 'read', page: 0 });
    await app.post({ action: 'nope' });
    await app.fetch('/api/call-queue', { headers: { authorization: 'Bearer x' } });
    const answer = await app.fetch('/metrics');
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    const lines = text.split('\n');
    expect(lines).toContain('callqueue_requests_total{action="read",status="200"} 2');
    expect(lines).toContain('callqueue_requests_total{action="read",status="400"} 1');
    expect(lines).toContain('callqueue_requests_total{action="none",status="400"} 1');
    expect(lines).toContain('callqueue_requests_total{action="none",status="401"} 1');
    expect(lines).toContain('callqueue_request_duration_seconds_count{action="read"} 3');
    expect(lines).toContain('callqueue_failed_logins_total{reason="unknown_token"} 1');
    expect(text).toMatch(/^callqueue_build_info\{version="[^"]+",node="v24[^"]*"\} 1$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
  });

  it('counts commands by kind and result, saved calls by outcome, and measures commits', async () => {
    await using app = await startTestApp();
    const calls = [1, 2].map((n) => ({ caller_id: '+441632960001', external_id: `x${n}` }));
    const save = { action: 'save', data: { project_id: 1, calls } };
    await app.post(save, { headers: { 'idempotency-key': 'k' } });
    await app.post(save, { headers: { 'idempotency-key': 'k' } });
    await app.post(save);
    await app.post({ ...save, dry_run: true });
    await app.post({ action: 'note', data: { id: 999, text: 'x' } });
    const text = await (await app.fetch('/metrics')).text();
    const lines = text.split('\n');
    expect(lines).toContain('callqueue_commands_total{command="save",result="saved"} 3');
    expect(lines).toContain('callqueue_commands_total{command="save",result="replayed"} 1');
    expect(lines).toContain('callqueue_commands_total{command="note",result="refused"} 1');
    expect(lines).toContain('callqueue_saved_calls_total{outcome="created"} 2');
    expect(lines).toContain('callqueue_saved_calls_total{outcome="unchanged"} 2');
    const commits = Number(/^callqueue_commit_seconds_count (\d+)$/m.exec(text)?.[1]);
    expect(commits).toBeGreaterThanOrEqual(3);
    expect(lines).toContain(`callqueue_commit_commands_count ${commits}`);
  });

  it('shows how many streams are open and how far behind they are', async () => {
    await using app = await startTestApp();
    const shown = async () => {
      const text = await (await app.fetch('/metrics')).text();
      return ['event_streams', 'event_stream_lag'].map((name) =>
        Number(new RegExp(`^callqueue_${name} (\\d+)$`, 'm').exec(text)?.[1]),
      );
    };
    expect(await shown()).toEqual([0, 0]);
    const stream = await app.fetch('/api/call-queue/events');
    expect((await shown())[0]).toBe(1);
    await stream.body?.cancel();
    await expect.poll(shown).toEqual([0, 0]);
  });

  it('takes into its labels nothing that a caller sent', async () => {
    await using app = await startTestApp();
    const { token } = await app.addToken({ name: 'crm-of-jane-doe' });
    await app.post({ action: 'leak-1632960001', filters: { caller_id: '+441632960001' } }, { token });
    await app.post({}, { path: '/api/call-queue/leak-1632960001' });
    await app.fetch('/leak-1632960001');
    await app.fetch('/api/call-queue', { method: 'DELETE', headers: { 'x-request-id': 'leak-1632960001' } });
    const text = await (await app.fetch('/metrics')).text();
    expect(text).not.toMatch(/leak|1632960001|jane|127\.0\.0\.1/);
  });

  it('belongs to one app, however many a process has', async () => {
    await using one = await startTestApp();
    await using two = await startTestApp();
    await one.post({ action: 'read' });
    const text = await (await two.fetch('/metrics')).text();
    expect(text).not.toContain('action="read"');
  });
});
