<?php

// Stands in for the curl extension, whose functions php-curl.ts switches off: the sandbox in which this PHP runs has
// no network. Knows the options that the examples use and fails on any other, rather than ignore it.

class SandboxCurl
{
    public array $options = [];
    public string $error = '';
    public int $status = 0;
}

function curl_init(?string $url = null): SandboxCurl
{
    $curl = new SandboxCurl();
    if ($url !== null) {
        $curl->options[CURLOPT_URL] = $url;
    }
    return $curl;
}

function curl_setopt_array(SandboxCurl $curl, array $options): bool
{
    foreach ($options as $option => $value) {
        curl_setopt($curl, $option, $value);
    }
    return true;
}

function curl_setopt(SandboxCurl $curl, int $option, mixed $value): bool
{
    $known = [CURLOPT_URL, CURLOPT_POST, CURLOPT_POSTFIELDS, CURLOPT_HTTPHEADER, CURLOPT_RETURNTRANSFER, CURLOPT_TIMEOUT];
    if (!in_array($option, $known, true)) {
        throw new Error("curl option $option is not known here");
    }
    if ($option === CURLOPT_POSTFIELDS && !is_string($value)) {
        throw new Error('only texts are known here as CURLOPT_POSTFIELDS');
    }
    $curl->options[$option] = $value;
    return true;
}

function curl_exec(SandboxCurl $curl): string|bool
{
    $answer = json_decode(post_message_to_js(json_encode([
        'url' => $curl->options[CURLOPT_URL],
        'headers' => $curl->options[CURLOPT_HTTPHEADER] ?? [],
        'body' => isset($curl->options[CURLOPT_POSTFIELDS]) ? base64_encode($curl->options[CURLOPT_POSTFIELDS]) : null,
        'timeoutSeconds' => $curl->options[CURLOPT_TIMEOUT] ?? 0,
    ], JSON_THROW_ON_ERROR)), true, 512, JSON_THROW_ON_ERROR);
    $curl->error = $answer['error'];
    $curl->status = $answer['status'];
    if ($answer['error'] !== '') {
        return false;
    }
    $body = base64_decode($answer['body']);
    if (empty($curl->options[CURLOPT_RETURNTRANSFER])) {
        echo $body;
        return true;
    }
    return $body;
}

function curl_error(SandboxCurl $curl): string
{
    return $curl->error;
}

function curl_getinfo(SandboxCurl $curl, int $option): int
{
    if ($option !== CURLINFO_RESPONSE_CODE) {
        throw new Error("curl information $option is not known here");
    }
    return $curl->status;
}

function curl_close(SandboxCurl $curl): void
{
}
