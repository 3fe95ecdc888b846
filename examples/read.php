<?php

/*
 * Prints all pending calls, one line each: id, number, name, schedule.
 *
 *     API_URL=https://pbx.example.com API_TOKEN=… API_KEY=… php read.php
 *
 * A form body under "text/xml", signed over http_build_query: the request as integrations of While1 Voice send it.
 * Page after page; if other programs change calls meanwhile use the cursor instead, as read-json.php does.
 */

$url = rtrim((string) getenv('API_URL'), '/') . '/api/call-queue';
$token = (string) getenv('API_TOKEN');
$key = (string) getenv('API_KEY'); // stays empty for a token without a key

$page = 1;
do {
    $answer = sendRequest($url, $token, $key, array(
        'action' => 'read',
        'page' => $page,
        'filters' => array(
            'date_between' => null, // array('2026-01-01 00:00:00', '2026-01-15 23:59:59')
            'schedule_lt' => null,
            'schedule_null' => null,
            'caller_id' => null,
            'project_id' => null,
            'campaign' => null,
            'status' => 'pending', // one, or array('pending', 'inprogress')
        ),
    ));
    foreach ($answer['results'] as $call) {
        echo implode("\t", array($call['id'], $call['caller_id'], $call['caller_id_name'], $call['schedule'])), "\n";
    }
    $page++;
} while ($page <= $answer['pagination']['max_page']);

function sendRequest($url, $token, $key, array $params)
{
    if ($key !== '') {
        $params['api_hash'] = md5(http_build_query($params) . $key);
    }
    $curl = curl_init();
    curl_setopt_array($curl, array(
        CURLOPT_URL => $url,
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => http_build_query($params),
        CURLOPT_HTTPHEADER => array('Content-Type: text/xml', 'Authorization: Bearer ' . $token),
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 30,
    ));
    $body = curl_exec($curl);
    if ($body === false) {
        fail('No answer from ' . $url . ': ' . curl_error($curl));
    }
    $answer = json_decode($body, true);
    if (!is_array($answer) || !isset($answer['has_error'])) {
        fail('Not an answer of the API (status ' . curl_getinfo($curl, CURLINFO_HTTP_CODE) . ')');
    }
    if ($answer['has_error']) {
        fail(implode("\n", $answer['messages']));
    }
    return $answer;
}

function fail($message)
{
    file_put_contents('php://stderr', $message . "\n");
    exit(1);
}
