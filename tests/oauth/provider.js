/* provider.js: a real OpenID provider (oidc-provider) for test-provider.c, on a port of its own on loopback. Its only argument is a JSON
 * object: { key, cert } for TLS, { clientKey } the public key (JWK) of the client "signer". It prints its issuer when it listens, and ends
 * with its standard input. */
import { createServer as http } from 'node:http'
import { createServer as https } from 'node:https'
import { readFileSync } from 'node:fs'
import { Provider } from 'oidc-provider'

console.info = console.warn = () => {} // it reminds of what a real service needs
const given = JSON.parse(process.argv[2] ?? '{}')
const server = given.key ? https({ key: readFileSync(given.key), cert: readFileSync(given.cert) }) : http()

const machine = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: 'api:read' }
const clients = [
  { ...machine, client_id: 'machine', client_secret: 'p@ss:w%rd &+/=~' },
  { ...machine, client_id: 'poster', client_secret: 'posted & secret', token_endpoint_auth_method: 'client_secret_post' },
  { ...machine, client_id: 'inspector', client_secret: 'looks' },
  {
    client_id: 'app',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    redirect_uris: ['http://127.0.0.1/callback'],
    response_types: ['code']
  }
]
for (const jwk of given.clientKeys ?? []) {
  clients.push({ ...machine, client_id: `signer-${jwk.kid}`, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })
}

const configuration = {
  clients,
  scopes: ['openid', 'offline_access', 'api:read'],
  claims: { openid: ['sub'], profile: ['preferred_username'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['only for tests'] },
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, preferred_username: id }) }),
  rotateRefreshToken: true,
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: async (_, resource) => ({ scope: 'api:read', audience: resource, accessTokenTTL: 300 })
    }
  },
  ttl: { AccessToken: 600, ClientCredentials: 600, DeviceCode: 600, Grant: 86400, IdToken: 600, Interaction: 600, RefreshToken: 3600, Session: 600 }
}

server.listen(0, '127.0.0.1', () => {
  const issuer = `${given.key ? 'https://localhost' : 'http://127.0.0.1'}:${server.address().port}`
  const provider = new Provider(issuer, configuration)
  provider.use(async (context, next) => {
    await next()
    // Polls need not wait: a client takes 0 at its word.
    if (context.oidc?.route === 'device_authorization' && context.status === 200) context.body.interval = 0
  })
  server.on('request', provider.callback())
  process.stdout.write(`${issuer}\n`)
})
process.stdin.resume().on('end', () => process.exit(0))
