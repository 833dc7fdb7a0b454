/** The connection with the server: starting, stopping, settings, requests. Main type: `Server`. */

import * as vscode from "vscode";
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorCodes,
  type ErrorHandler,
  type Executable,
  InlayHintRequest,
  LanguageClient,
  type LanguageClientOptions,
  LSPErrorCodes,
  ResponseError,
  RevealOutputChannelOn,
  State,
  WorkDoneProgressCancelNotification,
} from "vscode-languageclient/node";
import { locate, type Missing } from "./locate";
import { Going } from "./progress";
import type { Status } from "./protocol";

/** How the server stands, and what is to be told about it. */
export type Standing =
  | { is: "starting" | "running" | "stopped"; program: string; from: string }
  | { is: "failed"; why: string }
  | { is: "missing"; missing: Missing };

/** What never started is not started again, and why is told by the extension, once, with what helps. */
class Client extends LanguageClient {
  hasStarted = false;

  override createDefaultErrorHandler(restartsMax?: number): ErrorHandler {
    const usual = super.createDefaultErrorHandler(restartsMax);
    return {
      error: (error, message, count) => usual.error(error, message, count),
      closed: () => (this.hasStarted ? usual.closed() : { action: CloseAction.DoNotRestart, handled: true }),
    };
  }

  override error(message: string, data?: unknown, showNotification?: boolean | "force"): void {
    super.error(message, data, this.hasStarted ? showNotification : false);
  }
}

/** The server is older than the extension and does not know what it is asked. */
export class NotOffered extends Error {}

export class Server implements vscode.Disposable {
  private client: Client | undefined;
  /** The end of the last start or stop: they take turns. */
  private turn: Promise<void> = Promise.resolve();
  private readonly trace = vscode.window.createOutputChannel("zerr trace");
  private readonly standings = new vscode.EventEmitter<Standing>();
  private readonly statuses = new vscode.EventEmitter<Status>();
  private readonly going = new Going((token) => {
    void this.client?.sendNotification(WorkDoneProgressCancelNotification.type, { token });
  });

  readonly onStanding = this.standings.event;
  readonly onStatus = this.statuses.event;

  constructor(
    private readonly extension: string,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  get isRunning(): boolean {
    return this.client?.isRunning() ?? false;
  }

  /** Something is going on that can be cancelled. */
  get isBusy(): boolean {
    return this.going.count > 0;
  }

  start(): Promise<void> {
    return this.inTurn(() => this.connect());
  }

  restart(): Promise<void> {
    return this.inTurn(async () => {
      await this.disconnect();
      await this.connect();
    });
  }

  stop(): Promise<void> {
    return this.inTurn(() => this.disconnect());
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work, work);
    return this.turn;
  }

  private async connect(): Promise<void> {
    const settings = vscode.workspace.getConfiguration("zerr");
    const found = locate(settings.get<string>("server.path", ""), this.extension);
    if ("lookedIn" in found) {
      this.output.error(`cargo-zerr is in none of these places: ${found.lookedIn.join(", ")}`);
      this.standings.fire({ is: "missing", missing: found });
      return;
    }
    this.output.info(`${found.program}, from ${found.from}`);
    const executable: Executable = { command: found.program, args: ["lsp"] };
    const client = new Client("zerr", "zerr", executable, this.options());
    this.client = client;
    let hasFailed = false;
    client.onDidChangeState(({ newState }) => {
      this.going.clear();
      if (hasFailed) {
        return;
      }
      const is = newState === State.Running ? "running" : newState === State.Starting ? "starting" : "stopped";
      this.standings.fire({ is, ...found });
    });
    client.onNotification("zerr/status", (status: Status) => this.statuses.fire(status));
    try {
      await client.start();
      client.hasStarted = true;
    } catch (error) {
      hasFailed = true;
      this.standings.fire({ is: "failed", why: `${found.program}: ${reason(error)}` });
    }
  }

  private async disconnect(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose();
    } catch {
      // One that never started cannot be stopped.
    }
  }

  /** Tells the server the settings that it takes while it runs. */
  async sendSettings(): Promise<void> {
    if (this.isRunning) {
      const settings = { zerr: wishes() };
      await this.client?.sendNotification(DidChangeConfigurationNotification.type, { settings });
      // Hints that are shown already go only when they are asked for again.
      const hints = this.client?.getFeature(InlayHintRequest.method);
      for (const document of vscode.workspace.textDocuments) {
        hints?.getProvider(document)?.onDidChangeInlayHints.fire();
      }
    }
  }

  /**
   * Asks one of zerr's own requests.
   *
   * @throws NotOffered where the server does not know it.
   */
  async request<Answer>(method: string, params: object): Promise<Answer> {
    if (!this.client?.isRunning()) {
      throw new NotOffered("The server does not run.");
    }
    try {
      return await this.client.sendRequest<Answer>(method, params);
    } catch (error) {
      if (error instanceof ResponseError && error.code === ErrorCodes.MethodNotFound) {
        throw new NotOffered("This server is older than the extension and cannot tell that.");
      }
      throw error;
    }
  }

  /**
   * Asks the server to do something.
   *
   * @throws NotOffered where the server does not know the command.
   */
  async execute(command: string, about: object): Promise<unknown> {
    const known = this.client?.initializeResult?.capabilities.executeCommandProvider?.commands;
    if (known && !known.includes(command)) {
      throw new NotOffered("This server is older than the extension and cannot do that.");
    }
    return this.request<unknown>("workspace/executeCommand", { command, arguments: [about] });
  }

  /** Stops everything that is going on. */
  cancel(): void {
    this.going.cancelAll();
  }

  private options(): LanguageClientOptions {
    return {
      // Documents of other schemes (the other side of a diff, a class of a run) are not the user's.
      documentSelector: ["file", "untitled"].flatMap((scheme) => [
        { scheme, language: "rust" },
        { scheme, language: "python" },
        { scheme, language: "yaml", pattern: "**/*task_spec.{yaml,yml}" },
        { scheme, pattern: "**/Cargo.{toml,lock}" },
        // Words in them can be selected and made a spec.
        { scheme, language: "markdown" },
        { scheme, language: "plaintext" },
      ]),
      initializationOptions: wishes(),
      middleware: {
        // What lenses and code actions carry; the library's own way shows errors without the reason.
        executeCommand: (command, args) => vscode.commands.executeCommand("zerr.execute", command, args[0]),
        handleWorkDoneProgress: (token, params, next) => {
          if (!this.going.take(token, params) || params.kind === "end") {
            next(token, params);
          }
        },
      },
      outputChannel: this.output,
      // A request that fails is in the output; what a person asked for is told by its command.
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      traceOutputChannel: this.trace,
    };
  }

  dispose(): void {
    this.trace.dispose();
    this.standings.dispose();
    this.statuses.dispose();
  }
}

/** The settings that the server takes. */
function wishes(): object {
  const settings = vscode.workspace.getConfiguration("zerr");
  return {
    model: settings.get<string>("model", "").trim() || null,
    preview: settings.get<boolean>("preview", false),
    inlayHints: settings.get<boolean>("inlayHints", true),
    showsPages: true,
    showsStatus: true,
  };
}

/** What an error says, for people. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A request that was overtaken by a change; nobody has to be told. */
export function isOvertaken(error: unknown): boolean {
  return (
    error instanceof ResponseError &&
    (error.code === LSPErrorCodes.RequestCancelled || error.code === LSPErrorCodes.ContentModified)
  );
}
