/** A setting that cannot work, in one line that names the setting and the cure. The start ends with it. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}
