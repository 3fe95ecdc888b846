import { apiHash } from '../../client/src/api-hash.ts';

export interface FirstSteps {
  /** Of the server: `http://127.0.0.1:8080`. */
  url: string;
  token: string;
  key: string;
}

/** The token, and a request in sh and one in PHP that work when they are pasted. */
export function firstSteps({ url, token, key }: FirstSteps): string {
  const endpoint = `${url}/api/call-queue`;
  const hash = apiHash({ action: 'read' }, key);
  return `# Made at the first start; only a hash of it is kept, so it cannot be shown again.
# Another one: callqueue token create --name NAME. End this one: callqueue token list, callqueue token revoke NUMBER.
token: ${token}
key: ${key}

# The list, in a shell (api_hash is the hash of these very parameters):
curl -sS -H 'Authorization: Bearer ${token}' -d action=read -d api_hash=${hash} ${endpoint}

# The same in PHP, with the hash of whatever you ask for:
php <<'PHP'
<?php
$parameters = ['action' => 'read', 'page' => 1, 'filters' => ['status' => 'pending']];
$parameters['api_hash'] = md5(http_build_query($parameters) . '${key}');
$curl = curl_init('${endpoint}');
curl_setopt_array($curl, [
    CURLOPT_POSTFIELDS => http_build_query($parameters),
    CURLOPT_HTTPHEADER => ['Authorization: Bearer ${token}'],
    CURLOPT_RETURNTRANSFER => true,
]);
print_r(json_decode(curl_exec($curl), true));
PHP
`;
}
