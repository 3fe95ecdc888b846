<?php

/*
 * Prints all pending calls, one line each: id, number, name, schedule.
 *
 *     API_URL=https://pbx.example.com API_TOKEN=… API_KEY=… php read-json.php
 *
 * JSON, and a cursor instead of page numbers: calls that are added or changed while this runs neither repeat others
 * nor hide them. The hash is made as for a form: over http_build_query of the parameters, not over the JSON.
 */

$url = rtrim((string) getenv('API_URL'), '/') . '/api/call-queue';
$token = (string) getenv('API_TOKEN');
$key = (string) getenv('API_KEY'); // stays empty for a token without a key

$cursor = ''; // an empty one starts
do {
    $answer = sendRequest($url, $token, $key, [
        'action' => 'read',
        'filters' => ['status' => 'pending'],
        'page_size' => 1000,
        'cursor' => $cursor,
    ]);
    foreach ($answer['results'] as $call) {
        echo implode("\t", [$call['id'], $call['caller_id'], $call['caller_id_name'], $call['schedule']]), "\n";
    }
    $cursor = $answer['pagination']['next_cursor'];
} while ($cursor !== null);

function sendRequest(string $url, string $token, string $key, array $params): array
{
    if ($key !== '') {
        $params['api_hash'] = md5(http_build_query($params) . $key);
    }
    $curl = curl_init($url);
    curl_setopt_array($curl, [
        CURLOPT_POSTFIELDS => json_encode($params, JSON_THROW_ON_ERROR),
        CURLOPT_HTTPHEADER => ['Content-Type: application/json', "Authorization: Bearer $token"],
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
    ]);
    $body = curl_exec($curl);
    if ($body === false) {
        fail("No answer from $url: " . curl_error($curl));
    }
    $answer = json_decode($body, true);
    if (!isset($answer['has_error'])) {
        fail("Not an answer of the API (status " . curl_getinfo($curl, CURLINFO_RESPONSE_CODE) . ")");
    }
    if ($answer['has_error']) {
        fail(implode("\n", $answer['messages']));
    }
    return $answer;
}

function fail(string $message): never
{
    file_put_contents('php://stderr', "$message\n");
    exit(1);
}
