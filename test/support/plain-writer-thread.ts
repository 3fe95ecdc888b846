import { serveWriter } from '../../src/store/sqlite/serve-writer.ts';
import { threadData } from '../../src/threads/thread-data.ts';
import { plainDerivation } from './derivation.ts';
import type { PlainWriterData } from './plain-writer.ts';

/** The writing thread of stores of tests. */

const { data, port } = threadData<PlainWriterData>();
serveWriter({ port, derivation: plainDerivation, ...data });
