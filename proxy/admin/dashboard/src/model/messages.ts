// The messages of protos/pinnace/v1 that the admin API answers, in protobuf's
// canonical JSON: 64-bit integers are strings, a message that is not set is
// null or left out.
export type Int64 = string;
export type Timestamp = string;

export interface TlsFacts {
  version: string;
  cipher: string;
  serverName: string;
  subject: string;
}

export interface Transfer {
  verb: string;
  path: string;
  clientMode: string;
  backendMode: string;
  bytes: Int64;
  publicPort: number;
  clientData: string;
  backendData: string;
  started?: Timestamp | null;
  clientProtected: boolean;
  backendProtected: boolean;
  clientLocal?: string;
  backendLocal?: string;
  rate?: Int64;
}

export interface Session {
  gateway: string;
  id: Int64;
  user: string;
  listener: string;
  farm: string;
  backend: string;
  phase: string;
  client: string;
  local: string;
  backendAddress: string;
  started?: Timestamp | null;
  lastCommand?: Timestamp | null;
  commands: Int64;
  transfers: Int64;
  transfer?: Transfer | null;
  clientTls?: TlsFacts | null;
  backendTls?: TlsFacts | null;
  publicAddress?: string;
  pin?: string;
  bytesToClient?: Int64;
  bytesToBackend?: Int64;
  traceId?: string;
}

export interface ListSessionsResponse {
  sessions: Session[];
  total?: Int64;
}

export type EntryKind =
  | 'KIND_UNSPECIFIED'
  | 'KIND_COMMAND'
  | 'KIND_REPLY'
  | 'KIND_BACKEND_COMMAND'
  | 'KIND_BACKEND_REPLY'
  | 'KIND_NOTE';

export interface TimelineEntry {
  number: Int64;
  time?: Timestamp | null;
  kind: EntryKind;
  text: string;
}

export interface GetTimelineResponse {
  entries: TimelineEntry[];
}

export interface Pin {
  key: string;
  farm: string;
  client: string;
  user: string;
  backend: string;
  expires?: Timestamp | null;
}

export interface ListPinsResponse {
  pins: Pin[];
  total?: Int64;
}

export interface Ban {
  key: string;
  client: string;
  user: string;
  reason: string;
  origin: string;
  started?: Timestamp | null;
  expires?: Timestamp | null;
}

export interface ListBansResponse {
  bans: Ban[];
}

export interface PortUse {
  gateway: string;
  ports: number;
  pending: Int64;
  waiting: Int64;
  grantedTotal: Int64;
  claimedTotal: Int64;
  waitedTotal: Int64;
  refusedTotal: Int64;
  strangersTotal: Int64;
  byPort: { port: number; pending: Int64 }[];
}

export interface ListPortsResponse {
  gateways: PortUse[];
}

export type Health =
  | 'HEALTH_UNSPECIFIED'
  | 'HEALTH_UNKNOWN'
  | 'HEALTH_HEALTHY'
  | 'HEALTH_UNHEALTHY';

export interface BackendLoad {
  backend: string;
  sessions: Int64;
  sessionsTotal: Int64;
  transfersTotal: Int64;
  connectFailures: Int64;
  health: Health;
  ejected: boolean;
  trouble: string;
  bytesToClients?: Int64;
  bytesFromClients?: Int64;
}

export interface Backend {
  id: string;
  address: string;
  weight?: number | null;
  zone: string;
  capacity: number;
  maxSessions: number;
  state: 'STATE_UNSPECIFIED' | 'STATE_UP' | 'STATE_DRAINING';
}

export interface BackendRecord {
  farm: string;
  backend: Backend;
  load?: BackendLoad | null;
}

export interface ListBackendsResponse {
  backends: BackendRecord[];
}

export interface Gateway {
  name: string;
  programVersion: string;
  address: string;
  listeners: string[];
  publicPorts: string[];
  started?: Timestamp | null;
  connected?: Timestamp | null;
  sentVersion: Int64;
  ackedVersion: Int64;
  lastError: string;
  sessions: Int64;
  draining: boolean;
  zone: string;
  pins: Int64;
}

export interface ListGatewaysResponse {
  gateways: Gateway[];
}

export interface GatewayStatus {
  name: string;
  programVersion: string;
  zone: string;
  started?: Timestamp | null;
  now?: Timestamp | null;
  ready: boolean;
  whyNotReady: string;
  draining: boolean;
  listeners: string[];
  publicPorts: string[];
  snapshotVersion: Int64;
  controlPlane?: {
    address: string;
    connected: boolean;
    since?: Timestamp | null;
    lastError: string;
  } | null;
  logLevel: string;
  maxSessions: Int64;
}

export interface StatsHistogram {
  name: string;
  bounds: number[];
  counts: Int64[];
  sum: number;
}

export interface Stats {
  time?: Timestamp | null;
  counters: Record<string, Int64>;
  gauges: Record<string, Int64>;
  histograms: StatsHistogram[];
}

export type EventKind =
  | 'KIND_UNSPECIFIED'
  | 'KIND_SESSION_START'
  | 'KIND_LOGIN'
  | 'KIND_SESSION_END'
  | 'KIND_TRANSFER_START'
  | 'KIND_TRANSFER_END'
  | 'KIND_BACKEND_HEALTH'
  | 'KIND_DRAIN'
  | 'KIND_BAN'
  | 'KIND_GAP';

export interface GatewayEvent {
  number: Int64;
  time?: Timestamp | null;
  kind: EventKind;
  session: Int64;
  client: string;
  user: string;
  farm: string;
  backend: string;
  transfer?: Transfer | null;
  ok: boolean;
  text: string;
}
