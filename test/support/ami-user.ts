import { type AmiAnswer, list, refuse, succeed } from './ami-server.ts';

export interface AmiUser {
  /** `write` of manager.conf. */
  write: readonly string[];
  /** What the dialplan has; default: from-trunk. */
  contexts?: readonly string[];
  /** `live_dangerously` of asterisk.conf. */
  isDangerous?: boolean;
}

/** Actions of Asterisk 22 with the classes of which one is enough, as it registers them; none: anybody may. */
const ACTIONS: Record<string, readonly string[]> = {
  Ping: [],
  ListCommands: [],
  QueueStatus: [],
  Hangup: ['system', 'call'],
  Redirect: ['call'],
  Originate: ['originate'],
  ModuleLoad: ['system'],
  Command: ['command'],
  GetConfig: ['system', 'config'],
  UpdateConfig: ['config'],
  QueueAdd: ['agent'],
  UserEvent: ['user'],
  Getvar: ['call', 'reporting'],
  CoreSettings: ['system', 'reporting'],
  CoreStatus: ['system', 'reporting'],
  CoreShowChannels: ['system', 'reporting'],
  ShowDialPlan: ['config', 'reporting'],
};

/** What a PBX answers to such a user, where the rights matter. */
export function answersOf({
  write,
  contexts = ['from-trunk'],
  isDangerous = false,
}: AmiUser): Record<string, AmiAnswer> {
  const may = (action: string) => {
    const classes = ACTIONS[action] ?? [];
    return classes.length === 0 || write.includes('all') || classes.some((name) => write.includes(name));
  };
  const answers: Record<string, AmiAnswer> = {
    ListCommands: (request) => {
      const mine = Object.entries(ACTIONS).filter(([action]) => may(action));
      return [
        succeed(
          request,
          ...mine.map(([action, classes]) => {
            const shown = classes.length === 0 ? '<none>' : [...classes, 'all'].join(',');
            return `${action}: Does what it is for.  (Priv: ${shown})`;
          }),
        ),
      ];
    },
    Getvar: (request) => [
      succeed(request, `Variable: ${request.headers.get('variable')}`, `Value: ${isDangerous ? '1' : ''}`),
    ],
    CoreSettings: (request) => [succeed(request, 'AsteriskVersion: 22.10.1', 'SystemName: ')],
    CoreStatus: (request) => [succeed(request, 'CoreStartupDate: 2026-11-23', 'CoreStartupTime: 20:22:09')],
    CoreShowChannels: (request) => list(request, []),
    ShowDialPlan: (request) => {
      const context = request.headers.get('context') ?? '';
      return contexts.includes(context)
        ? list(request, [['Event: ListDialplan', `Context: ${context}`]])
        : [refuse(request, `Did not find context ${context}`)];
    },
  };
  return Object.fromEntries(
    Object.entries(answers).map(([action, answer]): [string, AmiAnswer] => [
      action.toLowerCase(),
      (request) => (may(action) ? answer(request) : [refuse(request, 'Permission denied')]),
    ]),
  );
}
