// The shells' sides of completion. They know nothing of the verbs: each press
// of the key asks `pinnace completion words`. Any thread.
#ifndef PINNACE_CLI_COMPLETION_SCRIPTS_H_
#define PINNACE_CLI_COMPLETION_SCRIPTS_H_

namespace pinnace::cli {

// In the place of candidates: the shell knows its files.
inline constexpr char kFilesMark[] = ":files";

// Readline breaks words at the ':' of an address and the '=' of a flag, so the
// line is taken apart here, and candidates lose what it has before the break.
// They are quoted: a pin may be named like a command.
inline constexpr char kBashCompletion[] = R"(# pinnace: completion for bash.
_pinnace() {
  local line=${COMP_LINE:0:COMP_POINT} current candidate quoted
  local -a line_words candidates
  read -ra line_words <<<"$line"
  [[ $line == *[[:space:]] ]] && line_words+=("")
  current=${line_words[-1]}
  mapfile -t candidates < <(
    "${line_words[0]}" completion words -- "${line_words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  [[ $current == -*=* ]] && current=${current#*=}
  if [[ ${candidates[0]-} == :files ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
    return 0
  fi
  local before=
  [[ $current == *:* && $COMP_WORDBREAKS == *:* ]] && before=${current%:*}:
  for candidate in "${candidates[@]}"; do
    [[ $candidate == "$current"* ]] || continue
    printf -v quoted %q "${candidate#"$before"}"
    COMPREPLY+=("$quoted")
  done
}
complete -F _pinnace pinnace
)";

inline constexpr char kZshCompletion[] = R"(#compdef pinnace
# pinnace: completion for zsh.
_pinnace() {
  local -a candidates
  candidates=("${(@f)$("${words[1]}" completion words -- \
    "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  [[ ${words[CURRENT]} == -*=* ]] && compset -P '*='
  if [[ ${candidates[1]} == :files ]]; then
    _files
  elif [[ -n ${candidates[1]} ]]; then
    compadd -- "${candidates[@]}"
  fi
}
if [[ ${funcstack[1]} == _pinnace ]]; then
  _pinnace "$@"
else
  compdef _pinnace pinnace
fi
)";

}  // namespace pinnace::cli

#endif  // PINNACE_CLI_COMPLETION_SCRIPTS_H_
