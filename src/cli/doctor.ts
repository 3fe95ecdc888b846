import { statSync } from 'node:fs';
import type { Finding } from '../app/doctor/finding.ts';
import { examine } from '../app/doctor.ts';
import { loadSettings, settingsFilePath } from '../config.ts';
import { InvalidSettingsError } from '../core/errors.ts';
import { defineCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { printable } from './printable.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'checks the installation and says what to do; changes nothing',
  details: 'Ends with 1 when something fails; warnings alone end with 0. A server may run meanwhile.',
  options: { json: { type: 'boolean', description: 'print the findings as JSON' } },
  async run({ values, env, cwd, stdout }) {
    const findings: Finding[] = [];
    const tell = (finding: Finding) => {
      findings.push(finding);
      if (!values.json) stdout.write(`${finding.verdict.padEnd(4)}  ${finding.subject}: ${printable(finding.text)}\n`);
    };
    tell({ subject: 'node', verdict: 'ok', text: process.versions.node });
    const file = settingsFilePath({ env, cwd });
    try {
      const settings = loadSettings({ env, cwd });
      const { token, pbx, database } = settings;
      const hasSecrets = [token, pbx.url, pbx.queueLog, PASSWORD.exec(database)?.[0]].some(Boolean);
      tell(settingsFinding(file, hasSecrets));
      for await (const finding of examine(settings)) tell(finding);
    } catch (error) {
      if (!(error instanceof InvalidSettingsError)) throw error;
      for (const mistake of error.mistakes) tell({ subject: 'settings', verdict: 'fail', text: mistake });
    }
    if (values.json) stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
    return findings.some(({ verdict }) => verdict === 'fail') ? EXIT.failed : EXIT.done;
  },
});

/** In an address. */
const PASSWORD = /:\/\/[^/@]*:[^@]*@/;

function settingsFinding(file: string | undefined, hasSecrets: boolean): Finding {
  if (file === undefined) return { subject: 'settings', verdict: 'ok', text: 'no file; variables and defaults' };
  const isReadableByOthers = (statSync(file).mode & 0o077) !== 0;
  return hasSecrets && isReadableByOthers
    ? {
        subject: 'settings',
        verdict: 'warn',
        text: `${file} can be read by others: chmod 600 it, if a secret stands there`,
      }
    : { subject: 'settings', verdict: 'ok', text: file };
}
