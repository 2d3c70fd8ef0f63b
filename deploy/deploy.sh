#!/usr/bin/env bash
# Deploys the gateway to Cloud Run, the first time and every time after: docs/deploy.md.
set -euo pipefail

if ((BASH_VERSINFO[0] * 10 + BASH_VERSINFO[1] < 44)); then
  printf 'This needs bash 4.4 or newer; here is %s. On macOS: brew install bash.\n' "$BASH_VERSION" >&2
  exit 2
fi

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname -- "$HERE")
# shellcheck source=deploy/lib/gcloud.sh
source "$HERE/lib/gcloud.sh"
# shellcheck source=deploy/lib/resources.sh
source "$HERE/lib/resources.sh"
# shellcheck source=deploy/lib/rollout.sh
source "$HERE/lib/rollout.sh"

help() {
  cat <<'TEXT'
deploy/deploy.sh --project PROJECT --region REGION [options]

Looks what is there, says what it will do, asks, and does it. A second run changes nothing but the revision.

What is deployed
  --service NAME            name of the service and beginning of all other names (ai-gateway)
  --image IMAGE             a built image; without it Cloud Build makes one of the Dockerfile
  --secret VARIABLE         a variable that comes from Secret Manager, such as OPENAI_API_KEY; repeatable. Where there is no
                            secret yet, it is made from the variable of that name in this shell. Once made, it is used by every deployment.
  --env NAME=VALUE          any other variable of docs/configuration.md; repeatable
  --public-url URL          where callers reach it, where that is not the URL of Cloud Run

Who may call
  --auth connector          everybody reaches the gateway, which asks for its own keys or OAuth tokens (the default)
  --auth iam                Cloud Run lets in whom --member names (roles/run.invoker); the gateway asks for a key as well
  --auth iap                Identity-Aware Proxy lets in whom --member names; the gateway knows them by it
  --auth-mode MODE          with connector: api-key (the default) or oauth, which needs --env OAUTH_ISSUER=…
  --member MEMBER           user:ada@example.com, group:…, serviceAccount:…; repeatable
  --new-key FILE            make the gateway's first key (scope admin), and write it there

Where it remembers
  DATABASE_URL              in this shell, or in Secret Manager from before: Postgres
  --cloudsql INSTANCE       Cloud SQL for Postgres, reached by its socket
  --redis INSTANCE          Memorystore for Redis, reached through --network
  --network, --subnet NAME  (default, default)
  --create                  make the Cloud SQL or Memorystore instance where it is not there: both cost money by the hour
  --ephemeral               without a database: one instance, and receipts, limits and keys made there die with it

How it grows and changes
  --min-instances N         (0)
  --max-instances N         (10)
  --promote-percent N       share of a new revision before it gets everything (10); 100: at once
  --bake SECONDS            how long it has that share (300)
  --hold                    stop there, for people to decide
  --promote REVISION        give this revision everything, now: to go on, or to go back
  --smoke-headers FILE      headers that let the doctor in, one a line (with --auth iap)
  --smoke PROGRAM           examines a revision in place of the doctor: it gets the URL, and exit code 0 is good
  --otlp URL                where traces go (https://telemetry.googleapis.com); "none" for nowhere

  --dry-run                 print every gcloud command, as if nothing was there but an older revision, and run none;
                            what is lacking is said, the rest shown all the same, and the exit code 1
  --yes                     do not ask
  --allow-removals          let a deployment take away what the running one has (see docs/deploy.md)
TEXT
}

PROJECT='' REGION='' SERVICE=ai-gateway IMAGE='' AUTH=connector AUTH_MODE='' PUBLIC_URL='' NEW_KEY_FILE=''
CLOUDSQL='' REDIS='' NETWORK=default SUBNET=default CREATE='' EPHEMERAL=''
MIN_INSTANCES=0 MAX_INSTANCES='' PROMOTE_PERCENT=10 BAKE_SECONDS=300 HOLD='' PROMOTE='' SMOKE_HEADERS='' SMOKE=''
OTLP=https://telemetry.googleapis.com DRY_RUN='' LACKING='' YES='' ALLOW_REMOVALS=''
WANTED_SECRETS=() ENVIRONMENT=() MEMBERS=() SECRETS=()

read_flags() {
  local value
  while (($# > 0)); do
    case $1 in
      --help | -h) help && exit 0 ;;
      --dry-run) DRY_RUN=yes && shift && continue ;;
      --yes) YES=yes && shift && continue ;;
      --create) CREATE=yes && shift && continue ;;
      --ephemeral) EPHEMERAL=yes && shift && continue ;;
      --hold) HOLD=yes && shift && continue ;;
      --allow-removals) ALLOW_REMOVALS=yes && shift && continue ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    (($# > 1)) || misuse "$1 needs a value, or is no flag." 'deploy/deploy.sh --help shows what there is.'
    value=$2
    case $1 in
      --project) PROJECT=$value ;;
      --region) REGION=$value ;;
      --service) SERVICE=$value ;;
      --image) IMAGE=$value ;;
      --auth) AUTH=$value ;;
      --auth-mode) AUTH_MODE=$value ;;
      --public-url) PUBLIC_URL=${value%/} ;;
      --new-key) NEW_KEY_FILE=$value ;;
      --cloudsql) CLOUDSQL=$value ;;
      --redis) REDIS=$value ;;
      --network) NETWORK=$value ;;
      --subnet) SUBNET=$value ;;
      --min-instances) MIN_INSTANCES=$value ;;
      --max-instances) MAX_INSTANCES=$value ;;
      --promote-percent) PROMOTE_PERCENT=$value ;;
      --bake) BAKE_SECONDS=$value ;;
      --promote) PROMOTE=$value ;;
      --smoke-headers) SMOKE_HEADERS=$value ;;
      --smoke) SMOKE=$value ;;
      --otlp) OTLP=$value ;;
      --secret) WANTED_SECRETS+=("$value") ;;
      --env) ENVIRONMENT+=("$value") ;;
      --member) MEMBERS+=("$value") ;;
      *) misuse "There is no flag $1." 'deploy/deploy.sh --help shows what there is.' ;;
    esac
    shift 2
  done
}

whole() {
  if ! [[ $2 =~ ^[0-9]{1,5}$ ]] || ((10#$2 < $3 || 10#$2 > $4)); then
    misuse "$1 $2 is no number from $3 to $4." 'Correct it.'
  fi
}

# Everything that is wrong with the flags by themselves.
check_flags() {
  [[ -n $PROJECT ]] || misuse '--project is missing.' 'Name the Google Cloud project: gcloud projects list shows yours.'
  [[ -n $REGION ]] || misuse '--region is missing.' 'Name one that is near your users, such as europe-west1 or us-central1.'
  # A tag, three dashes, the service and the project number must fit into one part of a host name (63).
  [[ $SERVICE =~ ^[a-z][a-z0-9-]{4,27}[a-z0-9]$ ]] ||
    misuse "--service $SERVICE is no name." 'Use 6 to 29 small letters, digits and dashes: it also names the service account.'
  case $AUTH in connector | iam | iap) ;; *) misuse "--auth $AUTH is none of connector, iam, iap." 'deploy/deploy.sh --help says what they are.' ;; esac
  whole --min-instances "$MIN_INSTANCES" 0 1000
  [[ -z $MAX_INSTANCES ]] || whole --max-instances "$MAX_INSTANCES" 1 1000
  whole --promote-percent "$PROMOTE_PERCENT" 1 100
  whole --bake "$BAKE_SECONDS" 0 86400
  [[ -z $PUBLIC_URL || $PUBLIC_URL =~ ^https://[^/?#@]+$ ]] || misuse "--public-url $PUBLIC_URL is no URL of a host." 'Write it as https://gateway.example.com.'
  [[ -z $SMOKE_HEADERS || -r $SMOKE_HEADERS ]] || misuse "--smoke-headers $SMOKE_HEADERS cannot be read." 'Name a file with one "name: value" a line.'
  [[ -z $SMOKE || -x $(command -v "$SMOKE") ]] || misuse "--smoke $SMOKE is no program." 'Name one that can be run.'
  [[ -z $NEW_KEY_FILE || ! -e $NEW_KEY_FILE ]] || misuse "--new-key $NEW_KEY_FILE is there already." 'Name a file that is not: the key in this one would be lost.'
  [[ $OTLP != none ]] || OTLP=''
  check_variables
  check_auth
  check_ephemeral
}

check_variables() {
  local entry name
  for entry in "${ENVIRONMENT[@]}"; do
    name=${entry%%=*}
    [[ $entry == *=* && $name =~ ^[A-Z][A-Z0-9_]*$ ]] || misuse "--env $name is not NAME=VALUE." 'Write it so, with capital letters.'
    case $name in
      AUTH_MODE | OAUTH_VERIFIER) misuse "$name follows from --auth and --auth-mode." 'Use those.' ;;
      HOST | PORT | K_SERVICE | K_REVISION | K_CONFIGURATION | METRICS_PORT | METRICS_HOST | GOOGLE_CLOUD_PROJECT | GOOGLE_CLOUD_REGION) misuse "$name is fixed by Cloud Run and deploy/service.yaml." 'Leave it out.' ;;
      *_KEY | *_TOKEN | *_PASSWORD | *_SECRET | *_HASHES | DATABASE_URL | REDIS_URL)
        misuse "$name is a secret: on a command line other users see it, and in the service every viewer." "Put it into this shell's environment and say --secret $name." ;;
    esac
  done
  for name in "${WANTED_SECRETS[@]}"; do
    [[ $name =~ ^[A-Z][A-Z0-9_]*$ ]] || misuse "--secret $name is no variable's name." 'The value does not belong on the command line: say --secret OPENAI_API_KEY.'
  done
}

has_environment() {
  local entry
  for entry in "${ENVIRONMENT[@]}"; do [[ ${entry%%=*} == "$1" ]] && return; done
  return 1
}

# --auth is what people choose; AUTH_MODE and the invoker check are what follows.
check_auth() {
  INVOKER_CHECK_OFF=false IAP_ENABLED='' OAUTH_VERIFIER='' OAUTH_AUDIENCE=''
  case $AUTH:${AUTH_MODE:-unsaid} in
    *:none) misuse 'AUTH_MODE=none would let everybody on the internet spend your money.' 'Use --auth-mode api-key or oauth. Without keys the gateway is for one machine only.' ;;
    connector:unsaid) AUTH_MODE='api-key' INVOKER_CHECK_OFF=true ;;
    connector:api-key | connector:oauth) INVOKER_CHECK_OFF=true ;;
    iam:unsaid | iam:api-key) AUTH_MODE='api-key' ;;
    iap:unsaid | iap:oauth) AUTH_MODE=oauth OAUTH_VERIFIER=iap IAP_ENABLED=true ;;
    *) misuse "--auth $AUTH and --auth-mode $AUTH_MODE do not go together." 'connector takes api-key or oauth, iam is api-key, iap is oauth.' ;;
  esac
  [[ $AUTH:$AUTH_MODE != connector:oauth ]] || has_environment OAUTH_ISSUER ||
    misuse 'With --auth-mode oauth the gateway must know whose tokens count.' 'Add --env OAUTH_ISSUER=https://…: the authorization server, as in the "iss" of its tokens.'
  [[ $AUTH == connector || ${#MEMBERS[@]} -gt 0 || -n $PROMOTE ]] ||
    say "Note: without --member nobody new is let in by --auth $AUTH; who was let in before, stays." >&2
  [[ $AUTH != connector || ${#MEMBERS[@]} -eq 0 ]] || misuse '--member has no effect with --auth connector.' 'Leave it out, or use --auth iam or iap.'
  [[ $AUTH_MODE == api-key || -z $NEW_KEY_FILE ]] || misuse "--new-key has no effect with AUTH_MODE=$AUTH_MODE." 'Leave it out.'
}

check_ephemeral() {
  [[ -z $EPHEMERAL || -z $CLOUDSQL$REDIS ]] || misuse '--ephemeral goes without --cloudsql and --redis.' 'Leave out one of them.'
  [[ -z $EPHEMERAL || ${MAX_INSTANCES:-1} == 1 ]] || misuse 'With --ephemeral there is one instance: two would not know of each other.' 'Leave out --max-instances, or name a database.'
  if [[ -n $EPHEMERAL ]]; then
    MAX_INSTANCES=1 DATA_DIR=:memory:
  else
    MAX_INSTANCES=${MAX_INSTANCES:-10} DATA_DIR=/tmp/ai-gateway
  fi
  ((MIN_INSTANCES <= MAX_INSTANCES)) || misuse "--min-instances $MIN_INSTANCES is more than --max-instances $MAX_INSTANCES." 'Correct one of them.'
}

has_secret() { [[ " ${SECRETS[*]} " == *" $1 "* ]]; }
remember_secret() { has_secret "$1" || SECRETS+=("$1"); }

# What is there already. Nothing is changed before it is known, and nothing before all of this is in order.
look_around() {
  local next='Log in with "gcloud auth login", check the project, and see docs/deploy.md for the roles that are needed.' name
  PROJECT_NUMBER=$(look "$next" PROJECT_NUMBER projects describe "$PROJECT" '--format=value(projectNumber)')
  local names
  names=$(look_for_secrets)
  while read -r name; do
    name=${name##*/}
    [[ $name == "$SERVICE"-* ]] || continue
    name=${name#"$SERVICE"-}
    name=${name^^}
    remember_secret "${name//-/_}"
  done <<<"$names"
  HAS_SERVICE=yes
  if [[ -z $DRY_RUN ]]; then exists "$next" run services describe "$SERVICE" "--region=$REGION" || HAS_SERVICE=''; fi
}

# In a project that never used Secret Manager its API is off, which means that there are none.
look_for_secrets() {
  local errors
  show secrets list "--filter=labels.ai-gateway=$SERVICE" '--format=value(name)'
  [[ -n $DRY_RUN ]] && return
  errors=$WORK/errors
  gcloud secrets list "--filter=labels.ai-gateway=$SERVICE" '--format=value(name)' "--project=$PROJECT" --quiet 2>"$errors" && return
  grep -q 'SERVICE_DISABLED\|has not been used' "$errors" && return
  cat "$errors" >&2
  fail 'The secrets could not be listed.' 'Ask for roles/secretmanager.admin, then run this again.'
}

# lack WHAT NEXT: something has to be decided before this can be done. A dry run shows the rest all the same.
lack() {
  [[ -n $DRY_RUN ]] || fail "$1" "$2"
  LACKING=yes
  printf '\nLacking: %s\nNext: %s\n' "$1" "$2" >&2
}

check_state() {
  local variable
  for variable in "${WANTED_SECRETS[@]}"; do
    has_secret "$variable" || [[ -n ${!variable:-} || -n $DRY_RUN ]] ||
      fail "--secret $variable: there is no secret $(secret_of "$variable"), and no variable $variable in this shell." "Put the value into the environment for this one time: read -rs $variable && export $variable"
  done
  for variable in DATABASE_URL REDIS_URL; do
    [[ -z ${!variable:-} || -n $EPHEMERAL ]] || has_secret "$variable" || WANTED_SECRETS+=("$variable")
  done
  if [[ -n $EPHEMERAL ]]; then
    forget DATABASE_URL REDIS_URL
  elif [[ -z $CLOUDSQL ]] && ! has_secret DATABASE_URL && [[ " ${WANTED_SECRETS[*]} " != *' DATABASE_URL '* ]]; then
    lack 'There is no DATABASE_URL: an instance forgets everything when it goes, and two would not know of each other.' \
      'Name Postgres: DATABASE_URL in this shell, or --cloudsql INSTANCE (--create makes one). For a trial: --ephemeral.'
    WANTED_SECRETS+=(DATABASE_URL)
  fi
  check_callers
  check_providers
}

# A gateway that nobody can enter would start, and be of no use.
check_callers() {
  [[ $AUTH_MODE == api-key ]] || { forget API_KEY_HASHES && return; }
  if ! has_secret API_KEY_HASHES && [[ -z $NEW_KEY_FILE && " ${WANTED_SECRETS[*]} " != *' API_KEY_HASHES '* ]]; then
    if may_hold_keys; then
      say 'Note: the gateway gets no key of its own: who may call is in its database (DATABASE_URL=… node scripts/launch.mjs keys list).' >&2
    else
      lack 'The gateway has no key yet, so nobody could call it.' 'Add --new-key FILE, which makes one, or --secret API_KEY_HASHES.'
    fi
  fi
  ! has_secret API_KEY_HASHES || [[ -z $NEW_KEY_FILE ]] ||
    fail "The gateway has keys already (secret $(secret_of API_KEY_HASHES))." 'Leave out --new-key; further keys are made as docs/deploy.md says.'
}

# Keys may lie in a database that was there before this deployment. One that is made now has none.
may_hold_keys() {
  [[ -z $EPHEMERAL ]] || return 1
  has_secret DATABASE_URL || [[ " ${WANTED_SECRETS[*]} " == *' DATABASE_URL '* ]] || [[ -n $CLOUDSQL && -z $CREATE ]]
}

check_providers() {
  local name
  for name in "${SECRETS[@]}" "${WANTED_SECRETS[@]}"; do [[ $name == *_API_KEY ]] && return; done
  for name in "${ENVIRONMENT[@]}"; do [[ ${name%%=*} == PROVIDERS || ${name%%=*} == *_BASE_URL ]] && return; done
  lack 'No provider can be called.' 'Add --secret OPENAI_API_KEY or another key of docs/configuration.md; for a trial without costs --env PROVIDERS=sandbox.'
}

forget() {
  local kept=() variable name
  for variable in "${SECRETS[@]}"; do
    for name in "$@"; do [[ $variable == "$name" ]] && continue 2; done
    kept+=("$variable")
  done
  SECRETS=("${kept[@]}")
}

say_plan() {
  local callers=(
    [0]="everybody reaches $PUBLIC_URL, and the gateway asks for ${AUTH_MODE/api-key/a key}"
  )
  case $AUTH in
    iam) callers=("Cloud Run asks for roles/run.invoker, then the gateway for a key") ;;
    iap) callers=("Identity-Aware Proxy asks who calls, and the gateway knows them by it") ;;
  esac
  say
  say "$SERVICE in $REGION of $PROJECT ($([[ -n $HAS_SERVICE ]] && printf 'an update' || printf 'the first deployment'))"
  say "  image      ${IMAGE:-built of $ROOT/Dockerfile by Cloud Build}"
  say "  callers    ${callers[0]}${MEMBERS[*]:+; let in: ${MEMBERS[*]}}"
  if [[ -n $EPHEMERAL ]]; then
    say '  memory     none: one instance; RECEIPTS, LIMITS AND KEYS MADE THERE DIE WITH IT'
  else
    say "  memory     Postgres${CLOUDSQL:+ (Cloud SQL $CLOUDSQL)}$([[ -n $REDIS ]] || has_secret REDIS_URL && printf ', Redis')${REDIS:+ (Memorystore $REDIS)}"
  fi
  say "  secrets    $(printf '%s ' "${SECRETS[@]}" "${WANTED_SECRETS[@]}")"
  say "  instances  $MIN_INSTANCES to $MAX_INSTANCES, of 2.5 CPU and 2.25 GiB each, paid while they are up"
  if [[ -n $HAS_SERVICE ]]; then
    say "  traffic    $REVISION: none until the doctor is content$( ((PROMOTE_PERCENT < 100)) && printf ', then %s %% for %s s' "$PROMOTE_PERCENT" "$BAKE_SECONDS")$([[ -n $HOLD ]] && printf ', and people decide' || printf ', then all'); back at any fault"
  else
    say "  traffic    all to $REVISION; the doctor examines it at the end"
  fi
  [[ -z $CREATE ]] || say '  --create   makes databases that cost money by the hour, used or not, where they are not there'
  [[ -z $DRY_RUN ]] || say '  DRY RUN    no gcloud command is run; those that would be follow'
  say
}

promote() {
  shift_to "$PROMOTE"
  say "$PROMOTE serves all requests of $SERVICE."
}

shift_to() {
  change "Give $1 all requests" "See what there is: gcloud run revisions list --service=$SERVICE --region=$REGION --project=$PROJECT" \
    run services update-traffic "$SERVICE" "--to-revisions=$1=100" "--region=$REGION"
}

main() {
  read_flags "$@"
  check_flags
  need_tool gcloud 'Install it: https://cloud.google.com/sdk/docs/install'
  NODE=$(find_node)
  WORK=$(mktemp -d)
  trap 'rm -rf -- "$WORK"' EXIT
  # Two deployments may begin in the same second: neither the revision nor the image of one is that of the other.
  STAMP=$(date -u +%Y%m%d-%H%M%S)-$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')
  ACCOUNT=$SERVICE@$PROJECT.iam.gserviceaccount.com
  REPOSITORY=ai-gateway
  REVISION=$SERVICE-$STAMP
  MONITORING_SECRET=$SERVICE-run-monitoring
  if [[ -n $PROMOTE ]]; then
    promote
    return
  fi

  look_around
  local run_host=$SERVICE-$PROJECT_NUMBER.$REGION.run.app known_host=''
  PUBLIC_URL=${PUBLIC_URL:-https://$run_host}
  [[ $AUTH != iap ]] || OAUTH_AUDIENCE=/projects/$PROJECT_NUMBER/locations/$REGION/services/$SERVICE
  check_state
  say_plan
  confirm

  enable_apis
  ensure_service_account
  [[ -z $CLOUDSQL ]] || ensure_cloudsql "$WORK"
  [[ -z $REDIS ]] || ensure_redis
  ensure_secrets
  ensure_first_key
  ensure_run_monitoring
  local variable
  for variable in "${SECRETS[@]}"; do grant_secret "$(secret_of "$variable")"; done
  grant_secret "$MONITORING_SECRET"
  let_grants_settle
  [[ -n $IMAGE ]] || ensure_registry
  resolve_image

  # A service answers to two names of Google's, and a tagged revision to each of them with the tag before it.
  ALLOWED_HOSTS=$run_host,$tag---$run_host
  if [[ -n $HAS_SERVICE ]]; then
    known_host=$(ask_service host)
    [[ -z $known_host || $known_host == "$run_host" ]] || ALLOWED_HOSTS+=,$known_host,$tag---$known_host
    local previous
    previous=$(ask_service serving)
  fi
  if [[ -n ${previous:-} ]]; then update "$previous"; else first_deploy; fi

  say
  if [[ -n $DRY_RUN ]]; then
    say 'That was a dry run: nothing has changed.'
    [[ -z $LACKING ]] || fail 'Without --dry-run it would not begin: something is lacking.' 'Read what, and what to add, at the top.'
    return
  fi
  say "$REVISION serves $PUBLIC_URL"
  say "  MCP      $PUBLIC_URL/mcp"
  say "  OpenAI   $PUBLIC_URL/v1"
  [[ -z $NEW_KEY_FILE ]] || say "  key      in $NEW_KEY_FILE: put it into a safe place, it is nowhere else"
  [[ -n $HAS_SERVICE ]] || say "  next     deploy/monitoring/apply.sh --project $PROJECT --region $REGION --service $SERVICE: dashboards and alerts"
}

main "$@"
