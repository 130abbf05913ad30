/** How much happens by itself, in a word. In each of them files follow the database, and the other way round. */
export const PRESETS = ["manual-commits", "full-automation"] as const;
export type Preset = (typeof PRESETS)[number];
