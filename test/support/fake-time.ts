import { existsSync } from 'node:fs'
import type { Context } from 'mocha'
import { missing } from './missing.ts'

const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib']

/** The environment of a process whose wall clock is moved by what stands in this file (`+3600`); its monotonic clock goes on. */
export function fakeTime(test: Context, file: string): Record<string, string> {
  const library = folders.map(folder => `${folder}/faketime/libfaketimeMT.so.1`).find(path => existsSync(path))
  if (library === undefined) return missing(test, 'faketime')
  return { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_CACHE_DURATION: '1' }
}
