import { accessSync, constants } from 'node:fs'
import path from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
/** Chromium without what draws windows: a page costs it a third, and it shows no notifications of the system. */
const headlessNames = ['chromium-headless-shell', 'chrome-headless-shell']
const elsewhere = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * The path of an installed Chromium or Chrome (`CHROMIUM_PATH` wins), or undefined when there is none. Its headless shell
 * comes first where one is installed and no `notifications` have to be on a screen.
 */
export function findChromium({ notifications = true } = {}): string | undefined {
  const onPath = findProgram(...(notifications ? [] : headlessNames), ...names)
  return [process.env.CHROMIUM_PATH, onPath, ...elsewhere].find((file) => file && isProgram(file))
}

/** The path of the first of these programs that is on the PATH. */
export function findProgram(...programs: string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean)
  const files = programs.flatMap((program) => folders.map((folder) => path.join(folder, program)))
  return files.find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
