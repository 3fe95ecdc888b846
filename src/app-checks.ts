import type { SystemCheck } from '../client/src/contract.ts';
import { examine } from './app/doctor.ts';
import type { Settings } from './config.ts';

/** The process beside a server that looks at the installation, once, and tells the server what it found. */

process.once('message', async (settings: Settings) => {
  const findings: SystemCheck[] = [];
  try {
    for await (const finding of examine(settings, { isServing: true })) findings.push(finding);
  } catch (error) {
    findings.push({ subject: 'checks', verdict: 'fail', text: `could not go on: ${(error as Error).message}` });
  }
  if (process.connected) process.send?.(findings, () => process.disconnect());
});
