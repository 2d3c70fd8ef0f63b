# shellcheck shell=bash
# How the scripts of this folder speak to gcloud: every command is shown before it runs, a dry run runs none, and a failure
# says what to do. They set PROJECT and DRY_RUN ("yes" or "").

say() { printf '%s\n' "$*"; }

# fail WHAT NEXT: nothing is left to try.
fail() {
  printf '\nStopped: %s\nNext: %s\n' "$1" "$2" >&2
  exit 1
}

# misuse WHAT NEXT: the command cannot run as it was called.
misuse() {
  printf '%s\n%s\n' "$1" "$2" >&2
  exit 2
}

need_tool() {
  command -v "$1" >/dev/null || fail "\"$1\" is not on this machine." "$2"
}

# Shows a gcloud command as it can be pasted. Standard error: what a function answers goes to standard output.
show() {
  printf '  gcloud' >&2
  printf ' %q' "$@" "--project=$PROJECT" --quiet >&2
  printf '\n' >&2
}

# change WHAT NEXT ARGUMENTS...: something will be different after this.
change() {
  local what=$1 next=$2
  shift 2
  say "• $what" >&2
  show "$@"
  [[ -n $DRY_RUN ]] && return
  gcloud "$@" "--project=$PROJECT" --quiet >&2 || fail "$what: gcloud could not, and says why above." "$next"
}

# look NEXT DEFAULT ARGUMENTS...: prints what gcloud answers; in a dry run, what it could have answered.
look() {
  local next=$1 default=$2
  shift 2
  show "$@"
  if [[ -n $DRY_RUN ]]; then
    say "$default"
    return
  fi
  gcloud "$@" "--project=$PROJECT" --quiet || fail "gcloud $1 $2 $3 did not answer, and says why above." "$next"
}

# exists NEXT ARGUMENTS...: whether something is there. That it may not be seen is no reason to make it a second time.
exists() {
  local next=$1 errors
  shift
  show "$@"
  [[ -n $DRY_RUN ]] && return 1
  if errors=$(gcloud "$@" "--project=$PROJECT" --quiet 2>&1 >/dev/null); then return 0; fi
  shopt -s nocasematch
  if [[ $errors =~ not_found|not\ found|cannot\ find|does\ not\ exist|unknown\ service\ account ]]; then
    shopt -u nocasematch
    return 1
  fi
  printf '%s\n' "$errors" >&2
  fail "gcloud $1 $2 $3 did not answer, and says why above." "$next"
}

# confirm: what was said is to be done. Without a terminal to ask on, --yes must say so.
confirm() {
  [[ -n $DRY_RUN || -n $YES ]] && return
  [[ -t 0 ]] || misuse 'There is no terminal to ask on.' 'Add --yes to go ahead, or --dry-run to see every command.'
  local answer
  read -r -p 'Go ahead? [y/N] ' answer
  [[ $answer == [yY]* ]] || fail 'You did not say yes.' 'Nothing was changed; start again when it suits.'
}

# The Node that package-lock.json pins, else the shell's where it is new enough.
find_node() {
  local node
  for node in "$ROOT"/node_modules/.bin/node "$(command -v node || true)"; do
    [[ -x $node ]] || continue
    if "$node" -e 'process.exit(Number.parseInt(process.versions.node, 10) >= 24 ? 0 : 1)'; then
      printf '%s\n' "$node"
      return
    fi
  done
  fail 'There is no Node 24 here.' "Run \"npm ci\" in $ROOT, which brings one along on Linux and Windows; else install Node 24."
}
