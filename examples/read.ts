/**
 * Prints all pending calls, one line each: id, number, name, schedule.
 *
 *     API_URL=https://pbx.example.com API_TOKEN=… API_KEY=… node examples/read.ts
 *
 * In a project of your own: npm install @callqueue/client, and import from that name.
 */
import { CallQueueClientError, createClient } from '#client';

const client = createClient({
  url: process.env.API_URL ?? 'http://127.0.0.1:8080',
  token: process.env.API_TOKEN ?? '',
  key: process.env.API_KEY,
});

try {
  for await (const call of client.calls({ status: 'pending' })) {
    console.log([call.id, call.caller_id, call.caller_id_name, call.schedule].join('\t'));
  }
} catch (error) {
  if (!(error instanceof CallQueueClientError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
