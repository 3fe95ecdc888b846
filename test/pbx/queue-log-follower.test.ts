import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { systemTimers } from '../../src/pbx/asterisk/ami-timers.ts';
import { createQueueLogFollower } from '../../src/pbx/asterisk/queue-log-follower.ts';
import { createQueueLogFileReader } from '../../src/pbx/asterisk/queue-log-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

it('a place without the callers of a run that ended is kept only once these are decided', async () => {
  const path = join(tempFolder(), 'queue_log');
  writeFileSync(path, '1795465000|NONE|NONE|NONE|QUEUESTART|\n');
  let isUndecided = true;
  const follower = createQueueLogFollower({
    reader: createQueueLogFileReader(path),
    known: undefined,
    tell: () => {},
    isUndecided: (legId) => legId !== 'NONE' && isUndecided,
    logger: pino({ level: 'silent' }),
    now: () => 1_795_465_010,
    timers: systemTimers,
  });
  await follower.readOn();
  appendFileSync(path, '1795465001|1795465001.1|sales|NONE|ENTERQUEUE||+441632960001|1\n');
  await follower.readOn();
  expect(follower.placeToKeep()?.queued).toMatchObject([{ legId: '1795465001.1' }]);
  appendFileSync(path, '1795465009|NONE|NONE|NONE|QUEUESTART|\n');
  await follower.readOn();
  expect(follower.placeToKeep()).toBeUndefined();
  isUndecided = false;
  expect(follower.placeToKeep()?.queued).toEqual([]);
  await follower.close();
});
