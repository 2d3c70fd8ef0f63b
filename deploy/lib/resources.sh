# shellcheck shell=bash
# The variables are those of deploy.sh.
# shellcheck disable=SC2153
# What the service stands on. Everything is looked for first: a second run changes nothing.

GRANTED=''
# Google says that most changes of rights hold within two minutes; this is for the usual case, and a second run for the others.
SETTLE_SECONDS=${SETTLE_SECONDS:-20}
readonly access='Ask an owner of the project for the roles that docs/deploy.md lists, then run this again.'

enable_apis() {
  local wanted=(run artifactregistry cloudbuild secretmanager iam monitoring logging) enabled api missing=()
  [[ -n $OTLP ]] && wanted+=(telemetry cloudtrace)
  [[ -n $CLOUDSQL ]] && wanted+=(sqladmin)
  [[ -n $REDIS ]] && wanted+=(redis)
  [[ -n $REDIS ]] && wanted+=(compute)
  [[ $AUTH == iap ]] && wanted+=(iap)
  enabled=$(look "$access" '' services list --enabled '--format=value(config.name)')
  for api in "${wanted[@]}"; do
    grep -qx "$api.googleapis.com" <<<"$enabled" || missing+=("$api.googleapis.com")
  done
  [[ ${#missing[@]} -eq 0 ]] || change 'Turn on the APIs that are used' "$access" services enable "${missing[@]}"
}

# The service runs as an account of its own, which may do what it needs and nothing else.
ensure_service_account() {
  if ! exists "$access" iam service-accounts describe "$ACCOUNT"; then
    change "Make the service account $SERVICE" "$access" \
      iam service-accounts create "$SERVICE" "--display-name=AI gateway ($SERVICE)"
  fi
  local roles=(roles/logging.logWriter roles/monitoring.metricWriter) held role
  [[ -n $OTLP ]] && roles+=(roles/telemetry.tracesWriter)
  [[ -n $CLOUDSQL ]] && roles+=(roles/cloudsql.client)
  held=$(look "$access" '' projects get-iam-policy "$PROJECT" '--flatten=bindings[].members' \
    "--filter=bindings.members:serviceAccount:$ACCOUNT" '--format=value(bindings.role)')
  for role in "${roles[@]}"; do
    grep -qx "$role" <<<"$held" && continue
    change "Let it have $role" "$access" projects add-iam-policy-binding "$PROJECT" \
      "--member=serviceAccount:$ACCOUNT" "--role=$role" --condition=None
    GRANTED=yes
  done
}

ensure_registry() {
  local next='Name an image with --image, or ask for roles/artifactregistry.admin.'
  exists "$next" artifacts repositories describe "$REPOSITORY" "--location=$REGION" ||
    change "Make the image repository $REPOSITORY" "$next" artifacts repositories create "$REPOSITORY" \
      --repository-format=docker "--location=$REGION" '--description=Images of the AI gateway'
}

# secret_of VARIABLE: the secret that holds a variable's value.
secret_of() {
  local name=${1,,}
  printf '%s-%s\n' "$SERVICE" "${name//_/-}"
}

# store_secret SECRET LABEL: a new version of the secret from standard input; the value is on no command line.
store_secret() {
  local secret=$1 label=$2
  # A dry run takes the value too, and drops it: a writer whose reader is gone would end the script.
  [[ -z $DRY_RUN ]] || cat >/dev/null
  exists "$access" secrets describe "$secret" </dev/null ||
    change "Make the secret $secret" "$access" secrets create "$secret" --replication-policy=automatic "--labels=$label" </dev/null
  change "Store a version of $secret" "$access" secrets versions add "$secret" --data-file=-
}

# newest_version SECRET: its newest enabled version, by number: what "latest" means must not change under running instances.
newest_version() {
  look "$access" 1 secrets versions list "$1" '--filter=state:ENABLED' '--sort-by=~createTime' --limit=1 '--format=value(name)'
}

# The service account may read this secret, and no others.
grant_secret() {
  local secret=$1 members
  members=$(look "$access" '' secrets get-iam-policy "$secret" '--flatten=bindings[].members' \
    '--filter=bindings.role:roles/secretmanager.secretAccessor' '--format=value(bindings.members)')
  grep -qx "serviceAccount:$ACCOUNT" <<<"$members" && return
  change "Let the service read $secret" "$access" secrets add-iam-policy-binding "$secret" \
    "--member=serviceAccount:$ACCOUNT" --role=roles/secretmanager.secretAccessor
  GRANTED=yes
}

# What was granted a moment ago does not hold everywhere yet, and a revision that may not read its secrets does not start.
let_grants_settle() {
  [[ -n $GRANTED ]] || return 0
  say "• Wait $SETTLE_SECONDS s for the new rights to hold everywhere" >&2
  [[ -n $DRY_RUN ]] || sleep "$SETTLE_SECONDS"
}

# Postgres by Cloud SQL's own socket: no address to open, no certificate to renew.
ensure_cloudsql() {
  local next='Ask for roles/cloudsql.admin, or set DATABASE_URL to a database that is there.' work=$1
  if ! exists "$next" sql instances describe "$CLOUDSQL"; then
    [[ -n $CREATE || -n $DRY_RUN ]] ||
      fail "There is no Cloud SQL instance $CLOUDSQL in $PROJECT." 'Name one that is there, or add --create: the smallest with its disk and backups is some 30 to 60 dollars a month.'
    change "Make the Cloud SQL instance $CLOUDSQL (takes some ten minutes)" "$next" sql instances create "$CLOUDSQL" \
      --database-version=POSTGRES_17 --edition=enterprise --tier=db-custom-1-3840 "--region=$REGION" --storage-auto-increase \
      --backup-start-time=03:00 --enable-point-in-time-recovery --deletion-protection
  fi
  exists "$next" sql databases describe gateway "--instance=$CLOUDSQL" ||
    change 'Make the database gateway' "$next" sql databases create gateway "--instance=$CLOUDSQL"
  has_secret DATABASE_URL && return
  local password=PASSWORD
  [[ -n $DRY_RUN ]] || password=$("$NODE" -p 'require("node:crypto").randomBytes(24).toString("hex")')
  # A flags file: other users of this machine see what stands on a command line.
  (umask 077 && printf -- '--password: "%s"\n' "$password" >"$work/user.yaml")
  change 'Make the database user gateway' "$next" sql users create gateway "--instance=$CLOUDSQL" "--flags-file=$work/user.yaml"
  printf 'postgresql://gateway:%s@localhost/gateway?host=/cloudsql/%s' "$password" "$PROJECT:$REGION:$CLOUDSQL" |
    store_secret "$(secret_of DATABASE_URL)" "ai-gateway=$SERVICE"
  remember_secret DATABASE_URL
}

# Redis in the project's own network, which the service reaches by Direct VPC egress.
ensure_redis() {
  local next='Ask for roles/redis.admin, or set REDIS_URL to a server that the network reaches.' address
  exists "$next" compute networks subnets describe "$SUBNET" "--region=$REGION" || [[ -n $DRY_RUN ]] ||
    fail "There is no subnet $SUBNET in $REGION." 'Name one with --network and --subnet; it needs a /26 or larger for ten instances.'
  if ! exists "$next" redis instances describe "$REDIS" "--region=$REGION"; then
    [[ -n $CREATE || -n $DRY_RUN ]] ||
      fail "There is no Memorystore instance $REDIS in $REGION." 'Name one that is there, or add --create: 1 GB of the basic tier is some 35 dollars a month.'
    change "Make the Memorystore instance $REDIS (takes some five minutes)" "$next" redis instances create "$REDIS" \
      --size=1 --tier=basic --redis-version=redis_7_2 "--region=$REGION" "--network=$NETWORK" --enable-auth
  fi
  has_secret REDIS_URL && return
  address=$(look "$next" HOST:PORT redis instances describe "$REDIS" "--region=$REGION" '--format=value[separator=":"](host,port)')
  local auth
  auth=$(look "$next" AUTH redis instances get-auth-string "$REDIS" "--region=$REGION" '--format=value(authString)')
  printf 'redis://%s%s' "${auth:+:$auth@}" "$address" | store_secret "$(secret_of REDIS_URL)" "ai-gateway=$SERVICE"
  remember_secret REDIS_URL
}

# Secrets whose values are in this shell's variables. Those that Secret Manager has already are left as they are.
ensure_secrets() {
  local variable
  for variable in "${WANTED_SECRETS[@]}"; do
    has_secret "$variable" && continue
    printf '%s' "${!variable:-}" | store_secret "$(secret_of "$variable")" "ai-gateway=$SERVICE"
    remember_secret "$variable"
  done
}

# A first key for the gateway, admin: its hash goes to Secret Manager and the key itself to a file of yours.
ensure_first_key() {
  [[ -n $NEW_KEY_FILE ]] || return 0
  say "• Make the gateway's first key, and write it to $NEW_KEY_FILE" >&2
  local hash=HASH
  if [[ -z $DRY_RUN ]]; then
    (umask 077 && "$NODE" -p '"gw_" + require("node:crypto").randomBytes(32).toString("base64url")' >"$NEW_KEY_FILE")
    hash=$("$NODE" -p 'require("node:crypto").hash("sha256", require("node:fs").readFileSync(process.argv[1], "utf8").trim())' "$NEW_KEY_FILE")
  fi
  printf 'first:admin:%s' "$hash" | store_secret "$(secret_of API_KEY_HASHES)" "ai-gateway=$SERVICE"
  remember_secret API_KEY_HASHES
}

# What the sidecar scrapes. A new version only where the file has changed.
ensure_run_monitoring() {
  local file=$HERE/run-monitoring.yaml held=''
  if exists "$access" secrets describe "$MONITORING_SECRET"; then
    held=$(look "$access" '' secrets versions access latest "--secret=$MONITORING_SECRET")
  fi
  [[ $held == "$(<"$file")" ]] || store_secret "$MONITORING_SECRET" "ai-gateway-part=run-monitoring" <"$file"
}
