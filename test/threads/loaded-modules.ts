import { threadData } from '../../src/threads/thread-data.ts';
// Something of the server, with all that it imports.
import '../../src/store/sqlite/serve-writer.ts';
import '../../src/wire/derivation.ts';

/** A thread that tells what it was given, and which of Node's own modules it has loaded. */

const { data, port } = threadData<string>();
const loaded: string[] = (process as unknown as { moduleLoadList: string[] }).moduleLoadList;
port.postMessage({ data, loaded });
