import type { CallQueue } from '../core/call-queue.ts';
import type { QueueMetrics } from '../http/queue-metrics.ts';

/** The same queue, with every command counted. */
export function meterCommands(queue: CallQueue, metrics: QueueMetrics): CallQueue {
  return {
    ...queue,
    async execute(command, context) {
      try {
        const result = await queue.execute(command, context);
        const { outcome, isReplay } = result;
        metrics.commandDone(command.kind, isReplay ? 'replayed' : outcome.kind);
        const isStored = outcome.kind === 'saved' && !isReplay && !(command.kind === 'save' && command.dryRun);
        if (isStored) metrics.callsSaved(counted(outcome.calls.map((call) => call.outcome)));
        return result;
      } catch (error) {
        metrics.commandDone(command.kind, 'failed');
        throw error;
      }
    },
  };
}

function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
