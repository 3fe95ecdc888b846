import {
  ATTEND_TYPES,
  DESTINATION_TYPES,
  OUTBOUND_TYPES,
  type Problem,
  RESULTS,
  ROW_MEMBERS,
  STATUSES,
} from '../../client/src/contract.ts';
import type { NewCall } from '../core/call-store.ts';
import type { EpochSeconds } from '../core/clock.ts';
import type { Projects } from '../core/project.ts';
import type { TimeZone } from '../core/time-zone.ts';
import { dialableNumber, pbxName, shownNumber, variables } from './call-field-types.ts';
import { dateTime, type FieldContext, type FieldType, text, wholeNumber, word } from './field-types.ts';
import { messages } from './messages.ts';
import type { Parameter, ParameterMap } from './parameter.ts';

export interface ImportContext {
  projects: Projects;
  timeZone: TimeZone;
  /** The time of the import. */
  now: EpochSeconds;
  /** Whether id, status, retries, times and what else tells the past come from the row; else each call starts anew. */
  keepIds: boolean;
  /** For rows that name no project. */
  defaultProjectId?: number | undefined;
}

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([...ROW_MEMBERS, 'waiting_for']);
const STATUS_WORD = word(STATUSES, { 'in progress': 'inprogress' });
const OUTBOUND_WORD = word(OUTBOUND_TYPES);
const ATTEND_WORD = word(ATTEND_TYPES);
const TYPE_WORD = word(DESTINATION_TYPES);
const RESULT_WORD = word(RESULTS);
const FROM_0 = wholeNumber(0);
const FROM_1 = wholeNumber(1);
const PRIORITY = wholeNumber(-1000, 1000);
const MAX_RETRIES = wholeNumber(0, 100);
const RETRIES = wholeNumber(0, 1000);
const NAME = text(255);
const EXTERNAL_ID = text(191);
const INSTANT = dateTime('first');

/**
 * A row of a file as a call to be stored, or all that is wrong with it. Members are named as in an answer; null, an
 * empty text and a missing member are the same. Computed members are ignored, `source` becomes `import`. Instants are
 * local times or RFC 3339.
 */
export function parseImportedRow(members: ParameterMap, context: ImportContext): NewCall | readonly Problem[] {
  const problems: Problem[] = [];
  const fieldContext: FieldContext = { timeZone: context.timeZone, timeFormat: 'rfc3339' };
  const read = <T>(member: string, type: FieldType<T>): T | null => {
    const value = members.get(member);
    if (value === undefined || !isGiven(value)) return null;
    const parsed = type.parse(value, fieldContext);
    if (parsed.mistakes === undefined) return parsed.value;
    for (const { shown, expected } of parsed.mistakes) problems.push(messages.invalidValue(member, shown, expected));
    return null;
  };
  const kept = <T>(member: string, type: FieldType<T>): T | null => (context.keepIds ? read(member, type) : null);

  for (const member of members.keys()) if (!KNOWN_MEMBERS.has(member)) problems.push(messages.unknownColumn(member));
  const id = kept('id', FROM_1);
  const call: NewCall = {
    projectId: read('project_id', FROM_1) ?? context.defaultProjectId ?? 0,
    inboundRouteId: read('inbound_route_id', FROM_0),
    source: 'import',
    status: kept('status', STATUS_WORD) ?? 'pending',
    statusReason: kept('status_reason', NAME),
    callerId: read('caller_id', dialableNumber) ?? '',
    callerIdName: read('caller_id_name', NAME),
    dnid: read('dnid', shownNumber),
    outboundNumber: read('outbound_number', shownNumber),
    outboundTrunk: read('outbound_trunk', pbxName),
    campaignName: read('campaign_name', NAME),
    campaignInfo: read('campaign_info', NAME),
    outboundType: read('outbound_type', OUTBOUND_WORD) ?? 'manual',
    attendType: read('attend_type', ATTEND_WORD) ?? 'attended',
    type: read('type', TYPE_WORD),
    destination: read('destination', pbxName),
    priority: read('priority', PRIORITY) ?? 0,
    schedule: read('schedule', INSTANT),
    externalId: read('external_id', EXTERNAL_ID),
    maxRetries: read('max_retries', MAX_RETRIES) ?? 0,
    retries: kept('retries', RETRIES) ?? 0,
    vars: read('vars', variables) ?? {},
    missedCount: kept('missed_count', FROM_0) ?? 0,
    firstMissedAt: kept('first_missed_at', INSTANT),
    lastMissedAt: kept('last_missed_at', INSTANT),
    claimedBy: kept('claimed_by', NAME),
    claimedUntil: kept('claimed_until', INSTANT),
    lastResult: kept('last_result', RESULT_WORD),
    lastAttemptAt: kept('last_attempt_at', INSTANT),
    nextAttemptAt: kept('next_attempt_at', INSTANT),
    createdAt: kept('created_at', INSTANT) ?? context.now,
    updatedAt: context.now,
  };
  if (id !== null) call.id = id;
  problems.push(...requirements(members, call, context));
  return problems.length > 0 ? problems : call;
}

/** What a member alone cannot tell: what must be there, what must stand together, what must exist. */
function requirements(
  members: ParameterMap,
  call: NewCall,
  { projects, keepIds, defaultProjectId }: ImportContext,
): Problem[] {
  const has = (member: string) => isGiven(members.get(member) ?? null);
  const problems: Problem[] = [];
  if (!has('caller_id')) problems.push(messages.missingValue('caller_id'));
  if (keepIds && !has('id')) problems.push(messages.missingValue('id'));
  if (!has('project_id') && defaultProjectId === undefined) problems.push(messages.missingValue('project_id'));
  else if (call.projectId > 0 && !projects.has(call.projectId)) problems.push(messages.unknownProject(call.projectId));
  if (has('type') !== has('destination')) problems.push(messages.typeWithoutDestination());
  else if (call.outboundType === 'auto' && call.attendType === 'attended' && !has('type')) {
    problems.push(messages.missingDestination());
  }
  return problems;
}

function isGiven(value: Parameter): boolean {
  return value !== null && !(typeof value === 'string' && value.trim() === '');
}
