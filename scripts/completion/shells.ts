/** Completion scripts for three shells, from the same words. Pure. */
import type { Flag, Takes, VerbWords, Words } from "./words.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function completionFor(shell: Shell, words: Words): string {
  return { bash, zsh, fish }[shell](words);
}

/** For a shell's single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function offered(takes: Takes, { collections }: Words): readonly string[] {
  return takes.kind === "one of" ? takes.words : takes.kind === "collection" ? collections : [];
}

/** Every option of any verb, once. */
function allFlags({ verbs, flags }: Words): Flag[] {
  const all = new Map([...flags, ...verbs.flatMap((verb) => verb.flags)].map((flag) => [flag.long, flag]));
  return [...all.values()];
}

function bash(words: Words): string {
  const names = words.verbs.map(({ name }) => name);
  const valued = allFlags(words).filter(({ takes }) => takes.kind !== "nothing");
  const replies = Map.groupBy(valued, ({ takes }) => replyFor(takes, words));
  const values = [...replies].map(([reply, flags]) => `    ${patternOf(flags)}) ${reply}return ;;`);
  const verbs = words.verbs.map(({ name, flags, takes }) => {
    const known = [...flags.map(({ long }) => long), ...offered(takes, words)];
    return `    ${name}) words=${quoted(known.join(" "))}${takes.kind === "file" ? " files=1" : ""} ;;`;
  });
  const top = [...names, "help", ...words.flags.map(({ long }) => long)];
  return `# frontrow: completion for bash. Type: source <(frontrow completion bash)
_frontrow_files() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$cur"))
}
_frontrow() {
  COMPREPLY=()
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" verb= words= files= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
    ${patternOf(valued)}) ((i++)) ;;
    -*) ;;
    *) verb="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  case "$prev" in
${values.join("\n")}
  esac
  case "$verb" in
    "") words=${quoted(top.join(" "))} ;;
    help) words=${quoted(names.join(" "))} ;;
${verbs.join("\n")}
  esac
  if [[ -n $files && $cur != -* ]]; then _frontrow_files; return; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _frontrow frontrow
`;
}

function patternOf(flags: readonly Flag[]): string {
  return flags.map(({ long }) => long).join("|");
}

function replyFor(takes: Takes, words: Words): string {
  if (takes.kind === "file") return "_frontrow_files; ";
  const known = offered(takes, words);
  return known.length === 0 ? "" : `COMPREPLY=($(compgen -W ${quoted(known.join(" "))} -- "$cur")); `;
}

function zsh(words: Words): string {
  const spec = ({ long, about, takes }: Flag): string => {
    const text = about.replace(/[[\]:\\]/g, "\\$&");
    return quoted(
      `${long}[${text}]${takes.kind === "nothing" ? "" : `:${long.slice(2)}:${zshAction(takes, words)}`}`,
    );
  };
  const verbs = words.verbs.map(
    ({ name, about }) => `    ${quoted(`${name}:${about.replaceAll(":", "\\:")}`)}`,
  );
  const cases = words.verbs.map(({ name, flags, takes }) => {
    const rest = takes.kind === "nothing" ? [] : [quoted(`*:argument:${zshAction(takes, words)}`)];
    return `    ${name}) _arguments ${[...flags.map(spec), ...rest].join(" \\\n        ")} ;;`;
  });
  return `#compdef frontrow
# frontrow: completion for zsh. Type: source <(frontrow completion zsh)
_frontrow() {
  local -a verbs=(
${verbs.join("\n")}
  )
  if ((CURRENT == 2)); then
    if [[ $words[CURRENT] == -* ]]; then
      _arguments ${words.flags.map(spec).join(" \\\n        ")}
    else
      _describe verb verbs
    fi
    return
  fi
  local verb=$words[2]
  shift words
  ((CURRENT--))
  case $verb in
    help) _describe verb verbs ;;
${cases.join("\n")}
  esac
}
compdef _frontrow frontrow
`;
}

function zshAction(takes: Takes, words: Words): string {
  if (takes.kind === "file") return "_files";
  const known = offered(takes, words);
  return known.length === 0 ? " " : `(${known.join(" ")})`;
}

function fish(words: Words): string {
  const line = (...parts: string[]) => `complete -c frontrow ${parts.join(" ")}`;
  const flagLine = (condition: string, { long, about, takes }: Flag): string => {
    const known = offered(takes, words);
    const value = takes.kind === "nothing" ? [] : takes.kind === "file" ? ["-r", "-F"] : ["-x"];
    return line(
      ...["-n", quoted(condition), "-l", long.slice(2), ...value],
      ...(known.length > 0 ? ["-a", quoted(known.join(" "))] : []),
      ...["-d", quoted(about)],
    );
  };
  const verbLines = ({ name, about, flags, takes }: VerbWords): string[] => {
    const seen = `__fish_seen_subcommand_from ${name}`;
    const known = offered(takes, words);
    return [
      line("-n", "__fish_use_subcommand", "-f", "-a", name, "-d", quoted(about)),
      ...flags.map((flag) => flagLine(seen, flag)),
      ...(takes.kind === "file"
        ? []
        : [line("-n", quoted(seen), "-f", ...(known.length > 0 ? ["-a", quoted(known.join(" "))] : []))]),
    ];
  };
  return `${[
    "# frontrow: completion for fish. Type: frontrow completion fish | source",
    ...words.verbs.flatMap(verbLines),
    ...words.flags.map((flag) => flagLine("__fish_use_subcommand", flag)),
  ].join("\n")}\n`;
}
