// A certified OpenID provider with one client and people that a test changes: PUT /people/<name> with their claims.
// Anybody signs in with their name and any password (the provider's own pages for development).
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port, app] = [process.env.PROVIDER_PORT, process.env.APP_ADDRESS];
const people = new Map();
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'attest',
    client_secret: 'a client secret of the test',
    redirect_uris: [`${app}/accounts/sign-on/acme/callback/`],
    post_logout_redirect_uris: [`${app}/accounts/login/`],
    backchannel_logout_uri: `${app}/accounts/sign-on/acme/back-channel-logout/`,
    backchannel_logout_session_required: true,
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  cookies: { keys: ['only for tests'] },
  features: { backchannelLogout: { enabled: true } },
  findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
});
provider.on('backchannel.error', (context, error) => console.error('back-channel logout:', error.message));

const answer = provider.callback();
createServer(async (request, response) => {
  if (!request.url.startsWith('/people/')) return answer(request, response);
  let body = '';
  for await (const piece of request) body += piece;
  people.set(decodeURIComponent(request.url.slice('/people/'.length)), JSON.parse(body));
  return response.end();
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
