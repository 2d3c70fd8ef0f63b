# shellcheck shell=bash
# The variables are those of deploy.sh.
# shellcheck disable=SC2153
# How a new revision comes to serve: applied without traffic, examined, given a share, promoted, or rolled back.

readonly tag=candidate
# What waits while a revision has its share.
SLEEPER=''

# resolve_image: IMAGE becomes one by digest, which nobody can change afterwards.
resolve_image() {
  local next='Check the name, and that you may read the repository (roles/artifactregistry.reader).' digest
  if [[ -z $IMAGE ]]; then
    [[ -f $ROOT/Dockerfile || -n $DRY_RUN ]] || fail "There is no Dockerfile in $ROOT." 'Name a built image with --image.'
    IMAGE=$REGION-docker.pkg.dev/$PROJECT/$REPOSITORY/gateway:$STAMP
    change 'Build the image' 'Read the log of the build that gcloud names above.' \
      builds submit "$ROOT" "--tag=$IMAGE" "--region=$REGION" --timeout=1800s
  fi
  [[ $IMAGE == *@sha256:* ]] && return
  digest=$(look "$next" "sha256:$(printf '0%.0s' {1..64})" \
    artifacts docker images describe "$IMAGE" '--format=value(image_summary.digest)')
  [[ $digest == sha256:* ]] || fail "Artifact Registry knows no digest of $IMAGE." "$next"
  IMAGE=${IMAGE%:*}@$digest
}

# render PREVIOUS FILE: the service as it is to be.
render() {
  local previous=$1 file=$2 variable secret version arguments=()
  for variable in "${SECRETS[@]}"; do
    secret=$(secret_of "$variable")
    version=$(newest_version "$secret")
    [[ -n $version ]] ||
      fail "The secret $secret has no enabled version." "Add one: printf %s \"\$VALUE\" | gcloud secrets versions add $secret --data-file=- --project=$PROJECT"
    arguments+=(--secret "$variable=$secret:${version##*/}")
  done
  version=$(newest_version "$MONITORING_SECRET")
  for variable in "${ENVIRONMENT[@]}"; do arguments+=(--env "$variable"); done
  [[ -z $previous ]] || arguments+=(--previous "$previous" --tag "$tag")
  local network=''
  [[ -z $REDIS ]] || network="[{\"network\":\"$NETWORK\",\"subnetwork\":\"$SUBNET\"}]"
  "$NODE" "$ROOT/scripts/deploy/render-service.ts" "$HERE/service.yaml" \
    --set "SERVICE=$SERVICE" --set "REVISION=$REVISION" --set "PROJECT=$PROJECT" --set "REGION=$REGION" --set "IMAGE=$IMAGE" \
    --set "SERVICE_ACCOUNT=$ACCOUNT" --set "MIN_INSTANCES=$MIN_INSTANCES" --set "MAX_INSTANCES=$MAX_INSTANCES" \
    --set "INVOKER_CHECK_OFF=$INVOKER_CHECK_OFF" --set "IAP_ENABLED=$IAP_ENABLED" --set "AUTH_MODE=$AUTH_MODE" \
    --set "OAUTH_VERIFIER=$OAUTH_VERIFIER" --set "OAUTH_AUDIENCE=$OAUTH_AUDIENCE" \
    --set "PUBLIC_URL=$PUBLIC_URL" --set "ALLOWED_HOSTS=$ALLOWED_HOSTS" --set "DATA_DIR=$DATA_DIR" \
    --set "OTLP_ENDPOINT=$OTLP" --set "CLOUDSQL_INSTANCE=${CLOUDSQL:+$PROJECT:$REGION:$CLOUDSQL}" \
    --set "NETWORK_INTERFACES=$network" --set "VPC_EGRESS=${REDIS:+private-ranges-only}" \
    --set "MONITORING_SECRET=$MONITORING_SECRET" --set "MONITORING_SECRET_VERSION=${version##*/}" \
    "${arguments[@]}" >"$file" || fail 'The service could not be rendered.' 'Mend deploy/service.yaml as the line above says.'
}

describe_service() {
  gcloud run services describe "$SERVICE" "--region=$REGION" --format=json "--project=$PROJECT" --quiet
}

# Flags that were forgotten this time would take the database away from a gateway that has one.
check_removals() {
  local removed
  removed=$(ask_service removed "$WORK/service.yaml")
  [[ -n $removed ]] || return 0
  say 'The service has now, and would no longer have:' >&2
  printf '%s\n' "$removed" | sed 's/^/  - /' >&2
  [[ -n $ALLOW_REMOVALS ]] || fail 'This deployment would take away what the running service has.' 'Add the flags that it was deployed with, or --allow-removals if that is meant. Nothing was applied.'
}

# ask_service QUESTION [WORD]: see scripts/deploy/read-service.ts. In a dry run, a placeholder.
ask_service() {
  show run services describe "$SERVICE" "--region=$REGION" --format=json
  case $DRY_RUN:$1 in
    yes:serving) say "$SERVICE-PREVIOUS" ;;
    yes:url) say "$PUBLIC_URL" ;;
    yes:host) say "$SERVICE-HASH.a.run.app" ;;
    yes:removed) ;;
    yes:tagged) say "https://$tag---$SERVICE-HASH.a.run.app" ;;
    *) describe_service | "$NODE" "$ROOT/scripts/deploy/read-service.ts" "$@" ||
      fail "The service $SERVICE could not be read." 'Try again; gcloud says above what it met.' ;;
  esac
}

# examine URL: the doctor, with whatever lets it in. Secrets go by file and by AI_GATEWAY_API_KEY.
examine() {
  local url=$1 headers=$WORK/headers arguments=(--timeout 120)
  if [[ -n $SMOKE ]]; then
    say "• Examine $url with $SMOKE" >&2
    [[ -n $DRY_RUN ]] || "$SMOKE" "$url" >&2
    return
  fi
  say "• Examine $url with the doctor" >&2
  [[ -z $NEW_KEY_FILE ]] || arguments+=(--key-file "$NEW_KEY_FILE")
  if [[ $AUTH == iam ]]; then
    show auth print-identity-token
    arguments+=(--header "@$headers")
  elif [[ -n $SMOKE_HEADERS ]]; then
    arguments+=(--header "@$SMOKE_HEADERS")
  fi
  printf '  node src/main.ts doctor' >&2
  printf ' %q' "$url" "${arguments[@]}" >&2
  printf '\n' >&2
  [[ -n $DRY_RUN ]] && return
  if [[ $AUTH == iam ]]; then
    local token
    token=$(gcloud auth print-identity-token --quiet) || return 1
    (umask 077 && printf 'x-serverless-authorization: Bearer %s\n' "$token" >"$headers")
  fi
  "$NODE" "$ROOT/src/main.ts" doctor "$url" "${arguments[@]}" >&2
}

# roll_back PREVIOUS WHY
roll_back() {
  change "Roll back: $1 keeps all traffic" "Do it by hand: gcloud run services update-traffic $SERVICE --to-revisions=$1=100 --region=$REGION --project=$PROJECT" \
    run services update-traffic "$SERVICE" "--to-revisions=$1=100" "--region=$REGION"
  fail "$2 The callers are served by $1, as before." "See what the new one says: gcloud run services logs read $SERVICE --region=$REGION --project=$PROJECT --limit=100"
}

# first_deploy: there is nothing to go back to, and nobody knows the URL yet.
first_deploy() {
  render '' "$WORK/service.yaml"
  apply
  let_callers_in
  local url
  url=$(ask_service url)
  if ! examine "$url"; then
    fail 'The examination finds something wrong with the new service.' "Mend what it says and deploy again, or delete it: gcloud run services delete $SERVICE --region=$REGION --project=$PROJECT"
  fi
}

# update PREVIOUS
update() {
  local previous=$1 url
  render "$previous" "$WORK/service.yaml"
  check_removals
  apply
  let_callers_in
  url=$(ask_service tagged "$tag")
  [[ -n $url ]] || roll_back "$previous" "The new revision $REVISION has no URL of its own."
  examine "$url" || roll_back "$previous" "The examination finds something wrong with $REVISION."
  # Whoever stops this script now leaves nobody on a revision that is not proven.
  trap '[[ -z $SLEEPER ]] || kill "$SLEEPER"; roll_back "$previous" "You stopped it."' INT TERM
  if ((PROMOTE_PERCENT < 100)); then
    shift_traffic "$previous" "Give $REVISION $PROMOTE_PERCENT % of the requests" \
      "--to-revisions=$REVISION=$PROMOTE_PERCENT,$previous=$((100 - PROMOTE_PERCENT))"
    if [[ -n $HOLD ]]; then
      trap - INT TERM
      say "Held at $PROMOTE_PERCENT %. To go on: deploy/deploy.sh --project $PROJECT --region $REGION --service $SERVICE --promote $REVISION"
      say "To go back:  deploy/deploy.sh --project $PROJECT --region $REGION --service $SERVICE --promote $previous"
      return
    fi
    bake "$url" "$previous"
  fi
  shift_traffic "$previous" "Give $REVISION all requests" "--to-revisions=$REVISION=100"
  trap - INT TERM
}

# shift_traffic PREVIOUS WHAT FLAG
shift_traffic() {
  say "• $2" >&2
  show run services update-traffic "$SERVICE" "$3" "--region=$REGION"
  [[ -n $DRY_RUN ]] && return
  gcloud run services update-traffic "$SERVICE" "$3" "--region=$REGION" "--project=$PROJECT" --quiet >&2 ||
    roll_back "$1" 'The traffic could not be shifted.'
}

# bake URL PREVIOUS: time in which callers meet what the doctor does not think of, then figures and doctor once more.
bake() {
  say "• Wait $BAKE_SECONDS s, then compare $REVISION with $2" >&2
  # Waited for, not slept through: a signal is heeded at once.
  if [[ -z $DRY_RUN ]]; then
    sleep "$BAKE_SECONDS" >/dev/null 2>&1 &
    SLEEPER=$!
    wait "$SLEEPER"
    SLEEPER=''
  fi
  show auth print-access-token
  printf '  node scripts/deploy/gate.ts %q %q %q\n' "$PROJECT" "$REVISION" "$2" >&2
  if [[ -z $DRY_RUN ]]; then
    gcloud auth print-access-token --quiet | "$NODE" "$ROOT/scripts/deploy/gate.ts" "$PROJECT" "$REVISION" "$2" >&2 ||
      roll_back "$2" "$REVISION does worse than $2, or nobody could tell."
  fi
  examine "$1" || roll_back "$2" "The examination finds something wrong with $REVISION under load."
}

apply() {
  if [[ -n $DRY_RUN ]]; then
    say 'The service would be:' >&2
    sed 's/^/  | /' "$WORK/service.yaml" >&2
  fi
  change "Apply revision $REVISION" \
    "Read why the revision did not start: gcloud run services logs read $SERVICE --region=$REGION --project=$PROJECT --limit=50. Requests still go where they went before." \
    beta run services replace "$WORK/service.yaml" "--region=$REGION"
}

# Who passes Cloud Run's own check, where there is one.
let_callers_in() {
  local member agent=service-$PROJECT_NUMBER@gcp-sa-iap.iam.gserviceaccount.com
  local next='Ask for roles/run.admin (and roles/iap.admin with --auth iap), then run this again.'
  if [[ $AUTH == iap ]]; then
    change "Have IAP's service agent" "$next" beta services identity create --service=iap.googleapis.com
    change 'Let IAP call the service' "$next" run services add-iam-policy-binding "$SERVICE" "--region=$REGION" \
      "--member=serviceAccount:$agent" --role=roles/run.invoker
  fi
  for member in "${MEMBERS[@]}"; do
    if [[ $AUTH == iap ]]; then
      change "Let $member pass IAP" "$next" beta iap web add-iam-policy-binding --resource-type=cloud-run \
        "--service=$SERVICE" "--region=$REGION" "--member=$member" --role=roles/iap.httpsResourceAccessor
    else
      change "Let $member call the service" "$next" run services add-iam-policy-binding "$SERVICE" "--region=$REGION" \
        "--member=$member" --role=roles/run.invoker
    fi
  done
}
