/** What went wrong on the way to an answer, and what to do. */
export interface Explanation {
  said: string
  todo: string
}

const byCode: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: { said: 'The host name does not resolve.', todo: 'Check the name in the URL and the DNS record.' },
  EAI_AGAIN: { said: 'The name server does not answer.', todo: "Check this machine's network and DNS." },
  ECONNREFUSED: {
    said: 'Nothing listens at that address and port.',
    todo: 'Start the gateway, or correct host and port in the URL; a gateway on loopback is reached from its own machine only.',
  },
  ECONNRESET: {
    said: 'The connection was closed without an answer.',
    todo: 'Check that the port speaks HTTP (https:// where it speaks TLS), and the log of the proxy or gateway.',
  },
  ETIMEDOUT: { said: 'The host does not answer.', todo: 'Check address, firewall and route.' },
  EHOSTUNREACH: { said: 'There is no route to the host.', todo: 'Check the network, VPN and firewall.' },
  ENETUNREACH: { said: 'There is no route to the network.', todo: 'Check the network, VPN and firewall.' },
  CERT_HAS_EXPIRED: { said: 'The TLS certificate has expired.', todo: 'Renew it.' },
  CERT_NOT_YET_VALID: { said: 'The TLS certificate is not yet valid.', todo: "Check this machine's clock." },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    said: 'The TLS certificate is for another host name.',
    todo: 'Use the name that the certificate has, or issue one for this name.',
  },
  EPROTO: {
    said: 'TLS could not be agreed on.',
    todo: 'Use http:// if the port speaks no TLS; else check its TLS versions.',
  },
}

const untrusted: Explanation = {
  said: 'The TLS certificate is signed by nobody whom this machine trusts.',
  todo: 'Send the whole chain; for a private authority set NODE_EXTRA_CA_CERTS to its PEM file.',
}

const notHttp: Explanation = {
  said: 'What answers does not speak HTTP.',
  todo: 'Check the port in the URL; where it speaks TLS the URL begins with https://.',
}

const late: Explanation = {
  said: 'No answer came in time.',
  todo: 'Look whether the gateway is overloaded or hangs; raise --timeout if it is only far away.',
}

/** Explains an error of node:http, of fetch or of an MCP client. Null for what is no fault of the network. */
export const explainFault = (error: unknown): Explanation | null => {
  if (!(error instanceof Error)) return null
  if (error.name === 'TimeoutError') return late
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = byCode[code]
  if (known !== undefined) return known
  if (/^(HPE_|UND_ERR_HEADERS_OVERFLOW|ERR_INVALID_HTTP)/.test(code)) return notHttp
  if (/^(ERR_SSL|ERR_TLS)/.test(code)) return byCode['EPROTO'] ?? null
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code)) return untrusted
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause
  return inner === undefined ? null : explainFault(inner)
}
