import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';

/** The folder of a file, or the nearest above it that is there. */
export function existingFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

/** Whether files can be made in it. */
export function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
