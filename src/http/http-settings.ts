/** What of the settings concerns HTTP. Their meaning and defaults: docs/configuration.md. */
export interface HttpSettings {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly metricsOpen: boolean;
  readonly trustedProxies: readonly string[];
  readonly limits: HttpLimits;
}

export interface HttpLimits {
  readonly bodyBytes: number;
  readonly parameters: number;
  readonly depth: number;
  readonly connections: number;
  readonly largeBodies: number;
  readonly eventStreams: number;
  readonly headersTimeoutSeconds: number;
  readonly requestTimeoutSeconds: number;
  readonly failedLoginsPerMinute: number;
}

/** Address and headers together; a GET with a thousand ids fits, ten thousand connections that send as much do too. */
export const MAX_HEADER_BYTES = 32 * 1024;
