// The connection to the server: connects, notices when it is dead, connects again.
//
// It is up once the server has said `hello`; only then is anything sent. Waits grow
// exponentially with full jitter, so that a class that lost its server does not come back all at
// once. (partysocket keeps the length of its waits to itself and spreads only the first one.)

import { CLOSE, type FromBrowser, type Hello, type ToBrowser } from "../protocol/frames";

export const PING_EVERY_MS = 20_000;
export const PONG_WITHIN_MS = 10_000;
export const HELLO_WITHIN_MS = 15_000;
const WAIT_FIRST_MS = 1_000;
const WAIT_MOST_MS = 30_000;
// Full jitter may draw zero; nobody gains by a retry within the same blink.
const WAIT_LEAST_MS = 250;

/** To connect again would end the same way. */
const FINAL: ReadonlySet<number> = new Set([
  CLOSE.PROTOCOL,
  CLOSE.NOT_LOGGED_IN,
  CLOSE.NOT_ENROLLED,
  CLOSE.NO_LESSON,
  CLOSE.OTHER,
  CLOSE.TOO_MANY,
]);

/** `until` (of `performance.now()`, in ms: clocks are set at any time) is when the next attempt begins. */
export type ConnectionState =
  | { state: "connecting" }
  | { state: "online" }
  | { state: "waiting"; until: number }
  | { state: "closed"; code: number };

export interface SocketListener {
  /** Is it the conversation that the page is of? A browser may be somebody else's by now. */
  isOurs(hello: Hello): boolean;
  connectionChanged(connection: ConnectionState): void;
  received(frame: ToBrowser): void;
}

/** Milliseconds to wait before attempt `attempt`, counted from 1. `random` is in [0, 1). */
export function retryDelay(attempt: number, random: number): number {
  const most = Math.min(WAIT_MOST_MS, WAIT_FIRST_MS * 2 ** (attempt - 1));
  return Math.max(WAIT_LEAST_MS, Math.round(random * most));
}

export class ReconnectingSocket {
  // The open or opening socket; null while waiting and after the end.
  private socket: WebSocket | null = null;
  private connection: ConnectionState = { state: "connecting" };
  // Attempts since the last hello.
  private attempts = 0;
  private retryTimer: Timer;
  private pingTimer: Timer;
  // Runs out when the server owes a sign of life.
  private deadline: Timer;

  constructor(
    private readonly url: string,
    private readonly listener: SocketListener,
  ) {}

  /** Sends if the connection is up. False: it is not, and the frame was not sent. */
  send(frame: FromBrowser): boolean {
    if (this.connection.state !== "online" || !this.socket) {
      return false;
    }
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  connect(): void {
    clearTimeout(this.retryTimer);
    this.change({ state: "connecting" });
    this.attempts += 1;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.expect(HELLO_WITHIN_MS);
    socket.onmessage = ({ data }) => this.receive(String(data));
    socket.onclose = ({ code }) => this.lost(code);
  }

  /** Something is missing that only a new connection brings. */
  reconnect(): void {
    this.drop();
    this.connect();
  }

  /** The network is back or the page is looked at: do not wait, and do not trust an old connection. */
  wake(): void {
    if (this.connection.state === "waiting") {
      this.connect();
    } else if (this.connection.state === "online") {
      this.ping();
    }
  }

  /** Ends it for good; nobody is told. */
  close(): void {
    clearTimeout(this.retryTimer);
    this.drop();
    this.connection = { state: "closed", code: 1000 };
  }

  private receive(data: string): void {
    const frame = parse(data);
    if (!frame) {
      return;
    }
    clearTimeout(this.deadline);
    if (this.connection.state !== "online") {
      // A server that says something else first, as that it can store nothing, still owes hello.
      this.expect(HELLO_WITHIN_MS);
    }
    if (frame.type === "check") {
      this.socket?.send(JSON.stringify({ type: "checked", id: frame.id } satisfies FromBrowser));
      return;
    }
    if (frame.type === "hello") {
      if (!this.listener.isOurs(frame)) {
        this.lost(CLOSE.OTHER);
        return;
      }
      clearTimeout(this.deadline);
      this.attempts = 0;
      this.change({ state: "online" });
      clearInterval(this.pingTimer);
      this.pingTimer = setInterval(() => this.ping(), PING_EVERY_MS);
    }
    this.listener.received(frame);
  }

  private ping(): void {
    this.send({ type: "ping" });
    this.expect(PONG_WITHIN_MS);
  }

  private expect(ms: number): void {
    clearTimeout(this.deadline);
    this.deadline = setTimeout(() => this.lost(1006), ms);
  }

  private lost(code: number): void {
    this.drop();
    if (FINAL.has(code)) {
      this.change({ state: "closed", code });
      return;
    }
    const ms = retryDelay(Math.max(1, this.attempts), Math.random());
    this.change({ state: "waiting", until: performance.now() + ms });
    this.retryTimer = setTimeout(() => this.connect(), ms);
  }

  private drop(): void {
    clearTimeout(this.deadline);
    clearInterval(this.pingTimer);
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      // A dead peer never answers the close: what it might still say is not waited for.
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private change(connection: ConnectionState): void {
    this.connection = connection;
    this.listener.connectionChanged(connection);
  }
}

type Timer = ReturnType<typeof setTimeout> | undefined;

function parse(data: string): ToBrowser | null {
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === "object" && frame !== null && "type" in frame
      ? (frame as ToBrowser)
      : null;
  } catch {
    return null;
  }
}
