import type { EpochSeconds } from '../../core/clock.ts';
import { examineQueueLog } from '../../pbx/asterisk/examine-queue-log.ts';
import { createQueueLogTableReader, QueueLogTableError } from '../../pbx/asterisk/queue-log-table.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { megabytes } from './megabytes.ts';

const SUBJECT = 'queue_log';

/** Between the start of the PBX and its first line, with the doubt about when it started. */
const START_SECONDS = 60;
/** Two clocks that are told by the same server differ by less. */
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Whether the PBX's record of its queues can be read, and whether the PBX still writes it.
 * @param pbxStartedAt undefined when that is not known
 */
export async function* queueLogFindings(
  queueLog: string | undefined,
  pbxStartedAt?: EpochSeconds,
): AsyncGenerator<Finding> {
  if (queueLog === undefined) {
    yield warn(
      SUBJECT,
      'pbx.queue_log is not set: who is missed while callqueue is away stays unknown; set it to the file that the PBX ' +
        'writes, usually /var/log/asterisk/queue_log',
    );
    return;
  }
  if (!queueLog.startsWith('/')) {
    yield await table(queueLog);
    return;
  }
  yield await file(queueLog, pbxStartedAt);
}

/** As PostgreSQL calls it. */
const INSUFFICIENT_PRIVILEGE = '42501';

/** How old its last row is stays unknown: only the place behind it is read. */
async function table(address: string): Promise<Finding> {
  const reader = createQueueLogTableReader(address);
  try {
    await reader.read(undefined);
    return ok(SUBJECT, `the table ${reader.place} can be read`);
  } catch (error) {
    if (!(error instanceof QueueLogTableError)) throw error;
    const isForbidden = (error.cause as { code?: unknown } | undefined)?.code === INSUFFICIENT_PRIVILEGE;
    return fail(
      SUBJECT,
      `${error.message}; ${isForbidden ? 'GRANT SELECT is what the user needs' : 'correct pbx.queue_log, or what is wrong there'}`,
    );
  } finally {
    await reader.close();
  }
}

async function file(path: string, pbxStartedAt: EpochSeconds | undefined): Promise<Finding> {
  try {
    const { bytes, lastAt } = await examineQueueLog(path);
    const size = `${path}, ${megabytes(bytes)}`;
    if (lastAt === undefined) {
      return bytes === 0
        ? ok(SUBJECT, `${size}, nothing in it yet`)
        : warn(SUBJECT, `${size}, but no line of a queue_log at its end: is it the right file?`);
    }
    const age = Math.floor(Date.now() / 1000) - lastAt;
    if (age < -CLOCK_TOLERANCE_SECONDS) {
      return warn(SUBJECT, `${size}, the last line is ${ago(-age)} in the future: set the clocks by NTP`);
    }
    if (pbxStartedAt !== undefined && lastAt < pbxStartedAt - START_SECONDS) {
      return warn(
        SUBJECT,
        `${size}, the last line is ${ago(age)} old, from before the PBX started: it writes elsewhere, or not at all; see queue_log, queue_log_name and queue_log_to_file in logger.conf`,
      );
    }
    return ok(SUBJECT, `${size}, last line ${ago(age)} ago`);
  } catch (error) {
    return unreadable(path, error as NodeJS.ErrnoException);
  }
}

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): Finding {
  switch (code) {
    case 'ENOENT':
      return fail(SUBJECT, `${path} is not there: correct pbx.queue_log, or set queue_log = yes in logger.conf`);
    case 'EACCES':
      return fail(
        SUBJECT,
        `${path} cannot be read: add the user of callqueue to the group of the file and of its folder (mostly asterisk), then start it anew`,
      );
    case 'ENOTSUP':
      return fail(SUBJECT, `${path} is no file: correct pbx.queue_log`);
    default:
      return fail(SUBJECT, `${path} cannot be read: ${message}`);
  }
}

function ago(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} days`;
}
