import { Type } from 'typebox';
import { INBOUND_CONTEXTS } from '../pbx/asterisk/inbound-contexts.ts';
import { type SettingFacts, text } from './setting-types.ts';

/** The group `pbx`. */
export const pbxSchema = Type.Object(
  {
    url: Type.Optional(
      text({
        secret: true,
        shortVariable: 'CALLQUEUE_PBX',
        description:
          'The manager port of Asterisk. This one line is enough for missed calls to enter the list; `amis://` is encrypted.',
        allowed: 'ami://user:secret@host:5038, or amis://user:secret@host:5039 for TLS',
        defaultText: 'none: no PBX',
      }),
    ),
    inbound_contexts: Type.Array(
      text({
        maxLength: 79,
        pattern: '^[^\\s\\p{Cc}\\[\\],;&|()]+$',
        description: 'A context.',
        allowed: 'the name of a context of the dialplan, such as from-trunk',
      }),
      {
        minItems: 1,
        maxItems: 100,
        description:
          'Contexts of the dialplan in which calls from outside begin; all others are calls of the house. In a variable: separated by commas.',
        allowed: 'a list of contexts of the dialplan, such as [from-trunk, from-pstn]',
        default: [...INBOUND_CONTEXTS],
      } satisfies SettingFacts & { minItems: number; maxItems: number },
    ),
    queue_log: Type.Optional(
      text({
        secret: true,
        description:
          "The PBX's record of its queues, read after an absence: the path of the file, or the table of a PostgreSQL database. Its local times are those of this machine unless `&zone=Europe/Berlin` names another zone.",
        allowed: '/var/log/asterisk/queue_log, or postgres://user:password@host/database?table=queue_log',
        defaultText: 'none: calls that came and went during an absence stay unknown',
      }),
    ),
    certificate_authority: Type.Optional(
      text({
        pattern: '^[^\\p{Cc}]+$',
        description:
          "File with the certificate (PEM) by which the PBX's own is known, for `amis://`; needed for one that the PBX made itself. A relative path starts at the working directory.",
        allowed: 'the path of a file',
        defaultText: 'none: the authorities that the machine knows',
      }),
    ),
  },
  { additionalProperties: false },
);
