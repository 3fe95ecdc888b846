import { type PbxThreadData, servePbx } from './app/serve-pbx.ts';
import { threadData } from './threads/thread-data.ts';

/** The thread of the server that listens to the PBX, so that neither the database nor requests keep it from being read. */

const { data, port } = threadData<PbxThreadData>();
servePbx(port, data);
