import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type ConnectionState,
  HELLO_WITHIN_MS,
  PING_EVERY_MS,
  PONG_WITHIN_MS,
  ReconnectingSocket,
  retryDelay,
} from "../../src/connection/reconnectingSocket";
import type { FromBrowser, ToBrowser } from "../../src/protocol/frames";
import { hello } from "../support/builders";

/** The far end of a socket, under the test's control. */
class FakeSocket {
  static all: FakeSocket[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: FromBrowser[] = [];

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {}

  says(frame: ToBrowser): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  ends(code: number): void {
    this.onclose?.({ code });
  }
}

let connections: ConnectionState[];
let frames: ToBrowser[];
let line: ReconnectingSocket;
const socket = (): FakeSocket => FakeSocket.all.at(-1) as FakeSocket;
const state = () => connections.at(-1)?.state;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  FakeSocket.all = [];
  connections = [];
  frames = [];
  line = new ReconnectingSocket("ws://classroom/", {
    isOurs: ({ conversation }) => conversation === 1,
    connectionChanged: (connection) => connections.push(connection),
    received: (frame) => frames.push(frame),
  });
  line.connect();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe("checks", () => {
  it("confirms how far it has read, and tells nobody else", () => {
    socket().says(hello());
    socket().says({ type: "check", id: 7 });
    expect(socket().sent).toEqual([{ type: "checked", id: 7 }]);
    expect(frames.map((frame) => frame.type)).toEqual(["hello"]);
  });
});

describe("waits", () => {
  it("double up to half a minute, and may be any part of that", () => {
    expect([1, 2, 3, 9].map((attempt) => retryDelay(attempt, 0.999))).toEqual([
      999, 1998, 3996, 29970,
    ]);
    expect(retryDelay(9, 0.1)).toBe(3000);
  });

  it("are never nothing", () => {
    expect(retryDelay(5, 0)).toBe(250);
  });
});

describe("the line", () => {
  it("is up when the server has said hello, and sends nothing before", () => {
    expect(line.send({ type: "stop" })).toBe(false);
    socket().says(hello());
    expect(state()).toBe("online");
    expect(line.send({ type: "stop" })).toBe(true);
    expect(socket().sent).toEqual([{ type: "stop" }]);
  });

  it.each([1000, 1006, 4008, 4009, 4011, 4012])("comes back after close code %i", (code) => {
    socket().says(hello());
    socket().ends(code);
    expect(connections.at(-1)).toEqual({ state: "waiting", until: performance.now() + 500 });
    vi.advanceTimersByTime(500);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it.each([4400, 4401, 4403, 4404, 4405])("stays closed after close code %i", (code) => {
    socket().says(hello());
    socket().ends(code);
    vi.advanceTimersByTime(600_000);
    expect(connections.at(-1)).toEqual({ state: "closed", code });
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("waits longer each time, and short again after a hello", () => {
    const waits = [1, 2, 3].map(() => {
      socket().ends(1006);
      const connection = connections.at(-1) as { until: number };
      const ms = connection.until - performance.now();
      vi.advanceTimersByTime(ms);
      return ms;
    });
    expect(waits).toEqual([500, 1000, 2000]);
    socket().says(hello());
    socket().ends(1006);
    expect(connections.at(-1)).toEqual({ state: "waiting", until: performance.now() + 500 });
  });

  it("is given up when a ping stays without answer", () => {
    socket().says(hello());
    vi.advanceTimersByTime(PING_EVERY_MS);
    expect(socket().sent).toEqual([{ type: "ping" }]);
    vi.advanceTimersByTime(PONG_WITHIN_MS);
    expect(state()).toBe("waiting");
  });

  it("lives on with every pong", () => {
    socket().says(hello());
    for (let count = 0; count < 5; count += 1) {
      vi.advanceTimersByTime(PING_EVERY_MS);
      socket().says({ type: "pong" });
    }
    vi.advanceTimersByTime(PONG_WITHIN_MS);
    expect(state()).toBe("online");
  });

  it("is given up when the server does not say hello", () => {
    vi.advanceTimersByTime(HELLO_WITHIN_MS);
    expect(state()).toBe("waiting");
  });

  it("is given up as well when the server says only that it can store nothing", () => {
    socket().says({ type: "storage", state: "unavailable", message: "" });
    vi.advanceTimersByTime(HELLO_WITHIN_MS);
    expect(state()).toBe("waiting");
  });

  it("hears nothing from a socket it has given up", () => {
    const old = socket();
    old.says(hello());
    vi.advanceTimersByTime(PING_EVERY_MS + PONG_WITHIN_MS);
    old.says({ type: "saved", id: "edit-1-x", step: "one", revision: 2, version: 0 });
    expect(frames).toEqual([hello()]);
  });

  it("comes back at once when the network does", () => {
    socket().ends(1006);
    line.wake();
    expect(FakeSocket.all).toHaveLength(2);
    vi.advanceTimersByTime(5_000);
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("is tried when the page is looked at again", () => {
    socket().says(hello());
    line.wake();
    expect(socket().sent).toEqual([{ type: "ping" }]);
  });

  it("passes over what is no frame", () => {
    socket().onmessage?.({ data: "not JSON" });
    socket().onmessage?.({ data: "[]" });
    expect(frames).toEqual([]);
  });
});
