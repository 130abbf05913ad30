/** Every verb there is, in the order `--help` lists them. A new one is a file beside this and a line here. */

import { backfill } from "./backfill.ts";
import { cat } from "./cat.ts";
import { check } from "./check.ts";
import { completion } from "./completion.ts";
import { conflicts } from "./conflicts.ts";
import { diff } from "./diff.ts";
import { doctor } from "./doctor.ts";
import { edit } from "./edit.ts";
import { exportVerb } from "./export.ts";
import type { Verb } from "./frame/verb.ts";
import { halts } from "./halts.ts";
import { importVerb } from "./import.ts";
import { init } from "./init.ts";
import { log } from "./log.ts";
import { newVerb } from "./new.ts";
import { pull } from "./pull.ts";
import { purgeAuthor } from "./purge-author.ts";
import { push } from "./push.ts";
import { quarantine } from "./quarantine.ts";
import { register } from "./register.ts";
import { resolve } from "./resolve.ts";
import { restore } from "./restore.ts";
import { resume } from "./resume.ts";
import { retry } from "./retry.ts";
import { show } from "./show.ts";
import { status } from "./status.ts";
import { sync } from "./sync.ts";
import { watch } from "./watch.ts";

export const verbs: readonly Verb[] = [
  init,
  status,
  sync,
  pull,
  push,
  watch,
  backfill,
  importVerb,
  exportVerb,
  newVerb,
  check,
  doctor,
  cat,
  edit,
  register,
  conflicts,
  resolve,
  quarantine,
  retry,
  halts,
  resume,
  log,
  show,
  diff,
  restore,
  purgeAuthor,
  completion,
];
