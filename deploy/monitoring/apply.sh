#!/usr/bin/env bash
# Puts the dashboards, alerts, SLOs, the uptime check and the log-based metrics of this folder into a project: docs/deploy.md.
set -euo pipefail

MONITORING=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname -- "$(dirname -- "$MONITORING")")
# shellcheck source=deploy/lib/gcloud.sh
source "$ROOT/deploy/lib/gcloud.sh"

help() {
  cat <<'TEXT'
deploy/monitoring/apply.sh --project PROJECT --region REGION [options]

Makes what is not there and brings the rest up to date. What you made by hand is left alone.

  --service NAME         the service that is watched (ai-gateway)
  --host HOST            host name that the uptime check asks (that of the service)
  --max-instances N      bound of deploy.sh, for the alert on it (10)
  --channel CHANNEL      whom alerts tell: projects/P/notificationChannels/N; repeatable. Without it alerts keep those they have.
  --runbook URL          where docs/runbook.md can be read, for a link; each alert carries its own page of it anyhow
  --dry-run              print every request, as if nothing was there, and send none
  --yes                  do not ask
TEXT
}

PROJECT='' REGION='' SERVICE=ai-gateway HOST='' MAX_INSTANCES=10 DRY_RUN='' YES=''
RUNBOOK=''
CHANNELS=()
while (($# > 0)); do
  case $1 in
    --help | -h) help && exit 0 ;;
    --dry-run) DRY_RUN=yes && shift && continue ;;
    --yes) YES=yes && shift && continue ;;
    --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
  esac
  (($# > 1)) || misuse "$1 needs a value, or is no flag." 'deploy/monitoring/apply.sh --help shows what there is.'
  case $1 in
    --project) PROJECT=$2 ;;
    --region) REGION=$2 ;;
    --service) SERVICE=$2 ;;
    --host) HOST=$2 ;;
    --max-instances) MAX_INSTANCES=$2 ;;
    --channel) CHANNELS+=(--channel "$2") ;;
    --runbook) RUNBOOK=$2 ;;
    *) misuse "There is no flag $1." 'deploy/monitoring/apply.sh --help shows what there is.' ;;
  esac
  shift 2
done
[[ -n $PROJECT && -n $REGION ]] || misuse '--project and --region are needed.' 'Name those that the service was deployed with.'
[[ $MAX_INSTANCES =~ ^[0-9]+$ ]] || misuse "--max-instances $MAX_INSTANCES is no number." 'Correct it.'
need_tool gcloud 'Install it: https://cloud.google.com/sdk/docs/install'
NODE=$(find_node)

access='Log in with "gcloud auth login"; roles/monitoring.editor and roles/logging.configWriter are needed.'
if [[ -z $HOST ]]; then
  number=$(look "$access" PROJECT_NUMBER projects describe "$PROJECT" '--format=value(projectNumber)')
  HOST=$SERVICE-$number.$REGION.run.app
fi
say "Dashboards, alerts, SLOs, uptime check and log-based metrics of $SERVICE ($HOST) in $PROJECT"
((${#CHANNELS[@]} > 0)) || say 'Note: without --channel new alerts tell nobody; they show in the console.'
confirm

arguments=(--project "$PROJECT" --folder "$MONITORING" "${CHANNELS[@]}"
  --set "PROJECT=$PROJECT" --set "REGION=$REGION" --set "SERVICE=$SERVICE" --set "HOST=$HOST"
  --set "MAX_INSTANCES=$MAX_INSTANCES" --set "RUNBOOK=$RUNBOOK")
show auth print-access-token
if [[ -n $DRY_RUN ]]; then
  "$NODE" "$ROOT/scripts/deploy/apply-monitoring.ts" "${arguments[@]}" --dry-run
  exit
fi
token=$(gcloud auth print-access-token --quiet) || fail 'There is no token.' "$access"
"$NODE" "$ROOT/scripts/deploy/apply-monitoring.ts" "${arguments[@]}" <<<"$token" ||
  fail 'Not everything is in place.' "Mend what the line above says and run this again: what is in place stays. $access"
