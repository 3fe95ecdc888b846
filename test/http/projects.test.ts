import { expect, it } from 'vitest';
import type { ProjectRow } from '../../client/src/contract.ts';
import { loadSettings } from '../../src/config.ts';
import { startTestApp } from '../support/app.ts';

it('the projects are answered with all their settings, and where each comes from', async () => {
  const CALLQUEUE_PROJECTS = '[{id: 7, name: Sales, missed_calls: {kinds: [no_answer], shortest_wait_seconds: 3}}]';
  const { projects } = loadSettings({ env: { CALLQUEUE_COUNTRY: 'RO', CALLQUEUE_PROJECTS }, cwd: '/' });
  await using app = await startTestApp({ settings: { projects } });
  const { status, body } = await app.post<ProjectRow>({ action: 'projects' });
  expect(status).toBe(200);
  expect(body.results).toMatchObject([{ id: 7, name: 'Sales' }]);
  const settings = body.results[0]?.settings;
  expect(settings).toHaveLength(14);
  expect(settings).toEqual(
    expect.arrayContaining([
      { name: 'name', value: 'Sales', origin: 'project' },
      { name: 'country', value: 'RO', origin: 'installation' },
      { name: 'allowed_countries', value: ['RO'], origin: 'installation' },
      { name: 'missed_calls.kinds', value: ['no_answer'], origin: 'project' },
      { name: 'missed_calls.shortest_wait_seconds', value: 3, origin: 'project' },
      { name: 'missed_calls.outbound_type', value: 'manual', origin: 'default' },
      { name: 'missed_calls.destination', value: null, origin: 'default' },
    ]),
  );
});

it('projects without settings of their own are answered as well', async () => {
  await using app = await startTestApp({ settings: { projects: [{ id: 1, name: 'Sales', country: 'DE' }] } });
  const { body } = await app.post<ProjectRow>({ action: 'projects' });
  expect(body.results).toMatchObject([{ id: 1, settings: [{ value: 'Sales' }, { name: 'country', value: 'DE' }] }]);
});
