/** What two revisions are compared by. The collector adds `revision_name` to everything that it reads. */
export const gateQueries = (revision: string, minutes: number) => {
  const of = `revision_name="${revision}"`
  return {
    requests: `sum(increase(http_requests_total{${of},route!="other"}[${minutes}m]))`,
    failures: `sum(increase(http_requests_total{${of},route!="other",status=~"5.."}[${minutes}m]))`,
    firstTokenSeconds: `histogram_quantile(0.95, sum by (le) (rate(gen_ai_server_time_to_first_token_seconds_bucket{${of},cache=~"miss|bypass"}[${minutes}m])))`,
  }
}
