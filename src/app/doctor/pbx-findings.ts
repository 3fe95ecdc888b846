import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Settings } from '../../config.ts';
import { type AmiAddress, isLoopback, parseAmiAddress } from '../../pbx/asterisk/ami-address.ts';
import { rightsWarnings } from '../../pbx/asterisk/ami-rights.ts';
import { type AsteriskFacts, type AsteriskFailure, examineAsterisk } from '../../pbx/asterisk/examine-asterisk.ts';
import { managerPortGreets } from '../../pbx/asterisk/manager-port-greets.ts';
import { contextsFinding } from './contexts-finding.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { queueLogFindings } from './queue-log-findings.ts';

/**
 * Logs in to the PBX as a server would, and says what to change there. Takes ten seconds at most for that.
 * @param options machineAddresses: those at which other machines reach this one; default: what the system tells
 */
export async function* pbxFindings(
  settings: Pick<Settings, 'pbx'>,
  { machineAddresses = ownAddresses() }: { machineAddresses?: readonly string[] } = {},
): AsyncGenerator<Finding> {
  const { url, inboundContexts, certificateAuthority, queueLog } = settings.pbx;
  if (url === undefined) {
    yield ok('pbx', 'none is set (pbx.url): calls come in through the API only');
    return;
  }
  const address = parseAmiAddress(url);
  const authority = certificateAuthority === undefined ? undefined : read(certificateAuthority);
  if (typeof authority === 'string') {
    yield fail('pbx', `pbx.certificate_authority cannot be read: ${authority}`);
    return;
  }
  const facts = await examineAsterisk({ address, inboundContexts, tls: authority && { ca: authority } });
  yield facts.failedAt === undefined ? reached(address, facts) : unreached(address, facts);
  yield* network(address, facts, machineAddresses);
  if (facts.failedAt === undefined) {
    if (!facts.isBooted) yield unbooted(address);
    yield* rights(address, facts);
    yield contextsFinding(inboundContexts, facts.contexts);
    yield* pbxClock(facts);
  }
  yield* queueLogFindings(queueLog, facts.failedAt === undefined ? facts.startedAt : undefined);
}

const place = ({ host, port }: AmiAddress) => `${host}:${port}`;

/** What it takes to have been tried with recordings and sources of. */
const OLDEST_KNOWN = 16;

function reached(address: AmiAddress, { version, systemName, queues }: AsteriskFacts): Finding {
  const name = systemName === '' ? '' : ` "${systemName}"`;
  const text = `login as ${address.user} at ${place(address)}, Asterisk${name} ${version ?? '(version not told)'}, ${queues} queues`;
  const major = Number(/^(?:certified[/-])?(\d+)\./.exec(version ?? '')?.[1] ?? Number.NaN);
  return major < OLDEST_KNOWN
    ? warn('pbx', `${text}: older than ${OLDEST_KNOWN}, of which nobody knows whether it is understood`)
    : ok('pbx', text);
}

function unreached(address: AmiAddress, { failedAt, reason, code, localAddress }: AsteriskFailure): Finding {
  const where = place(address);
  switch (failedAt) {
    case 'connecting':
      return fail('pbx', `${where} cannot be reached (${reason}): ${remedy(code)}`);
    case 'greeting':
      return fail(
        'pbx',
        `${where} can be reached, but is no manager port that can be spoken with: ${reason}${address.isEncrypted ? '' : '; the port of tlsbindaddr needs amis://'}`,
      );
    case 'login': {
      if (/shutting down/i.test(reason)) return fail('pbx', `${where} lets nobody in while the PBX stops: ${reason}`);
      const from = localAddress === undefined ? '' : `; permit must hold ${localAddress}, from where it was tried`;
      return fail('pbx', `${reason}${from}. The PBX tells which of them it is only in its own log`);
    }
    case 'questions':
      return fail('pbx', `${where} let ${address.user} in, but then did not answer: ${reason}`);
  }
}

function remedy(code: string | undefined): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there; manager.conf needs enabled = yes and the port and bindaddr that pbx.url names, then "manager reload"';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name of the host is not known; correct pbx.url';
    case undefined:
      return 'a firewall between, or the wrong host or port in pbx.url';
    default:
      if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
        return 'the certificate is for another name; pbx.url must name the PBX as its certificate does';
      }
      if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
        return 'no TLS is spoken there; amis:// needs the port of tlsbindaddr in manager.conf';
      }
      return code.includes('CERT') || code.includes('SIGN') || code.startsWith('ERR_TLS')
        ? 'the certificate is not believed; pbx.certificate_authority names the file by which it can be'
        : 'correct pbx.url, or the network between';
  }
}

function unbooted({ user }: AmiAddress): Finding {
  return fail(
    'pbx',
    `no FullyBooted: add system to read = of [${user}] in manager.conf, unless the PBX is just starting; without it a server waits for ever`,
  );
}

function* rights({ user }: AmiAddress, { rights, channels }: AsteriskFacts): Generator<Finding> {
  if (channels === undefined) {
    yield warn(
      'pbx rights',
      `the list of channels is refused: add reporting to write = of [${user}] in manager.conf, or calls that came while the PBX was not heard and wait in no queue stay unknown`,
    );
  }
  if (rights === undefined) {
    yield warn('pbx rights', `the PBX does not tell what ${user} may do; docs/asterisk.md says what is enough`);
    return;
  }
  const warnings = rightsWarnings(user, rights);
  for (const text of warnings) yield warn('pbx rights', text);
  if (warnings.length > 0 || channels === undefined) return;
  yield ok('pbx rights', `${user} may do what is needed and nothing dangerous; what it may hear the PBX does not tell`);
}

/** Under it, two machines of which each asks the same server for the time. */
const CLOCK_TOLERANCE_SECONDS = 2;

function* pbxClock({ clockAheadSeconds: ahead }: AsteriskFacts): Generator<Finding> {
  if (ahead === undefined) return;
  const text = `${Math.abs(ahead).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine`;
  yield Math.abs(ahead) > CLOCK_TOLERANCE_SECONDS
    ? warn('pbx clock', `${text}: set both by NTP, or calls carry wrong times`)
    : ok('pbx clock', text);
}

async function* network(
  { host, port, isEncrypted }: AmiAddress,
  { failedAt }: AsteriskFacts | AsteriskFailure,
  machineAddresses: readonly string[],
): AsyncGenerator<Finding> {
  if (isEncrypted || failedAt === 'connecting') return;
  if (!isLoopback(host)) {
    yield warn(
      'pbx network',
      `numbers of customers travel readable to ${host}: use amis:// (manager.conf: tlsenable = yes)`,
    );
    return;
  }
  for (const address of machineAddresses) {
    if (!(await managerPortGreets(address, port))) continue;
    yield warn(
      'pbx network',
      `the manager port is open to the network, at ${address}:${port} and without TLS: set bindaddr = 127.0.0.1 in manager.conf`,
    );
    return;
  }
  yield ok('pbx network', 'the manager port is reached from this machine only, as far as can be seen from it');
}

/** Addresses at which other machines reach this one. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
    .slice(0, 8);
}

function read(path: string): Buffer | string {
  try {
    return readFileSync(path);
  } catch (error) {
    return (error as Error).message;
  }
}
